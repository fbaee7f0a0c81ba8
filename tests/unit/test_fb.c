/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_fb.c - text on a framebuffer that is an array: read back dot by dot, never written beyond
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "../../kernel/fb.h"
#include "fake/kernel.h"

static struct boot_framebuffer f;
static u32 *pixels, scale;

/* Rows are longer than the picture; what lies between must stay as it was. */
static bool open_fb(u32 width, u32 height, u32 gap, u32 format)
{
	u64 words = (u64)(width + gap) * height;

	f = (struct boot_framebuffer){ 0x1000, words * 4, width, height, (width + gap) * 4, format };
	free(pixels);
	pixels = malloc(words * 4);
	memset(pixels, 0xee, words * 4);
	scale = 1 + width / 1200;
	return fb_init(&f, pixels);
}

static u32 pixel(u32 x, u32 y)
{
	return pixels[(u64)y * (f.pitch / 4) + x];
}

static u32 cols(void) { return MIN(f.width / (6 * scale), 160u); }
static u32 rows(void) { return MIN(f.height / (9 * scale), 100u); }

/* The character in a cell: the one whose glyph is there; 0: none. All dots of one colour. */
static char char_at(u32 row, u32 col)
{
	for (char c = ' '; c <= '~'; c++) {
		u8 glyph[9] = { 0 };
		bool same = true;

		fb_glyph(c, glyph);
		for (u32 y = 0; y < 9 * scale && same; y++)
			for (u32 x = 0; x < 6 * scale && same; x++) {
				bool on = pixel(col * 6 * scale + x, row * 9 * scale + y) != 0;

				same = on == (x / scale < 5 && (glyph[y / scale] >> (4 - x / scale) & 1));
			}
		if (same)
			return c;
	}
	return 0;
}

static void put(const char *s)
{
	fb_write(s, strlen(s), false);
}

static void glyphs_differ(void **state)
{
	u8 a[7], b[7];

	(void)state;
	for (char c = ' '; c <= '~'; c++) {
		fb_glyph(c, a);
		for (char d = ' '; d < c; d++) {
			fb_glyph(d, b);
			assert_memory_not_equal(a, b, 7);
		}
		for (u32 i = 0; i < 7; i++)
			assert_true(a[i] < 32);
	}
}

static void text_is_there(void **state)
{
	(void)state;
	for (u32 width = 640; width <= 2560; width += 640) {
		assert_true(open_fb(width, 480, 3, 1));
		put("panic: x=0x12\nnext~");
		for (u32 i = 0; i < 13; i++)
			assert_int_equal(char_at(0, i), "panic: x=0x12"[i]);
		for (u32 i = 0; i < 5; i++)
			assert_int_equal(char_at(1, i), "next~"[i]);
		assert_int_equal(char_at(1, 5), ' ');
		assert_int_equal(pixels[width], 0xeeeeeeee);
	}
}

static void alarm_is_red(void **state)
{
	(void)state;
	for (u32 format = 0; format < 2; format++) {
		u32 red = 0;

		assert_true(open_fb(640, 480, 0, format));
		fb_write("E", 1, true);
		for (u32 x = 0; x < 5; x++)
			red |= pixel(x, 0);
		/* Byte 0 is red in RGBX, byte 2 in BGRX. */
		assert_true((red >> (format ? 16 : 0) & 0xff) > 0xf0 && (red >> (format ? 0 : 16) & 0xff) < 0x80);
	}
}

/* Against a model: an array of lines of which the last ones are on the screen. */
static void scrolls_like_the_model(void **state)
{
	static char model[4000][161];

	(void)state;
	for (u32 round = 0; round < 5; round++) {
		u32 line = 0, col = 0, last, first_row = ~0u;

		assert_true(open_fb(40 + (u32)test_random(300), 30 + (u32)test_random(200), (u32)test_random(9), 1));
		memset(model, ' ', sizeof(model));
		for (u32 i = 0; i < 5000; i++) {
			char c = test_random(20) ? (char)(' ' + test_random(95)) : '\n';

			fb_write(&c, 1, false);
			if (c == '\n') {
				line++;
				col = 0;
				continue;
			}
			if (col == cols()) {
				line++;
				col = 0;
			}
			model[line][col++] = c;
		}
		/* The newest line is somewhere; from there up all is as in the model. */
		last = line;
		for (u32 row = 0; row < rows() && first_row == ~0u; row++) {
			bool same = true;

			for (u32 y = 0; y <= row && same; y++)
				for (u32 x = 0; x < cols() && same; x++)
					same = char_at(y, x) == model[last - row + y][x];
			if (same)
				first_row = row;
		}
		assert_true(first_row != ~0u);
		for (u32 y = first_row + 1; y < rows(); y++)
			for (u32 x = 0; x < cols(); x++)
				assert_int_equal(char_at(y, x), ' ');
	}
}

static void absurd_measures(void **state)
{
	static const struct boot_framebuffer bad[] = {
		{ 0, 1 << 20, 640, 400, 2560, 1 }, { 0x1000, 1 << 20, 0, 400, 2560, 1 }, { 0x1000, 1 << 20, 640, 0, 2560, 1 },
		{ 0x1000, 1 << 20, 640, 410, 2560, 1 }, { 0x1000, 1 << 20, 640, 400, 2556, 1 },
		{ 0x1000, ~0ull, 1 << 20, 400, 4 << 20, 1 }, { 0x1000, ~0ull, 640, 1 << 20, 2560, 1 },
		{ 0x1001, 1 << 20, 640, 400, 2560, 1 }, { 0x1000, 1 << 20, 5, 400, 20, 1 }, { 0x1000, 0, 640, 400, 2560, 1 },
	};
	u32 one = 0x55;

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_false(fb_init(&bad[i], &one));
		put("nothing\n");
		assert_int_equal(one, 0x55);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(glyphs_differ), cmocka_unit_test(text_is_there), cmocka_unit_test(alarm_is_red),
		cmocka_unit_test(scrolls_like_the_model), cmocka_unit_test(absurd_measures),
	};

	test_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
