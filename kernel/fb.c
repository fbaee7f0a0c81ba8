/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fb.c - the log as text on the firmware's framebuffer
 *
 * Characters are kept in cells; a pixel is only ever written, since reading a
 * framebuffer is slow. When the last line is full the text moves up by a third
 * of the screen at once, and only cells that differ are drawn again.
 */
#include "fb.h"

#define GLYPH_ROWS	7u
#define GLYPH_COLS	5u
#define CELL_W		6u
#define CELL_H		9u
#define MAX_COLS	160u
#define MAX_ROWS	100u
#define MAX_SIDE	16384u
#define PIXELS_FOR_2X	1200u		/* from this width on each dot is 2 x 2 pixels, and so on */
#define GREY		0xb0b0b0u
#define FORMAT_RGBX	0
#define RED_RGBX	0x4040ffu
#define RED_BGRX	0xff4040u

/* A row is one digit of base 32: 0-9, A-V. From the blank to the tilde. */
static const char font[95][GLYPH_ROWS + 1] = {
	"0000000", "4444404", "AA00000", "AAVAVAA", "4FKE5U4", "OP248J3", "CIK8LID", "4400000",	/*  !"#$%&' */
	"2488842", "8422248", "04LEL40", "044V440", "0000648", "000V000", "00000CC", "01248G0",	/* ()*+,-./ */
	"EHJLPHE", "4C4444E", "EH1248V", "V2421HE", "26AIV22", "VGU11HE", "68GUHHE", "V124888",	/* 01234567 */
	"EHHEHHE", "EHHF12C", "0CC0CC0", "0CC0C48", "248G842", "00V0V00", "8421248", "EH12404",	/* 89:;<=>? */
	"EH1DLLE", "EHHVHHH", "UHHUHHU", "EHGGGHE", "SIHHHIS", "VGGUGGV", "VGGUGGG", "EHGNHHF",	/* @ABCDEFG */
	"HHHVHHH", "E44444E", "72222IC", "HIKOKIH", "GGGGGGV", "HRLLHHH", "HHPLJHH", "EHHHHHE",	/* HIJKLMNO */
	"UHHUGGG", "EHHHLID", "UHHUKIH", "FGGE11U", "V444444", "HHHHHHE", "HHHHHA4", "HHHLLLA",	/* PQRSTUVW */
	"HHA4AHH", "HHHA444", "V1248GV", "E88888E", "0G84210", "E22222E", "4AH0000", "000000V",	/* XYZ[\]^_ */
	"8400000", "00E1FHF", "GGMPHHU", "00EGGHE", "11DJHHF", "00EHVGE", "698S888", "0FHHF1E",	/* `abcdefg */
	"GGMPHHH", "40C444E", "20622IC", "GGIKOKI", "C44444E", "00QLLHH", "00MPHHH", "00EHHHE",	/* hijklmno */
	"00UHUGG", "00DJF11", "00MPGGG", "00EGE1U", "88S8896", "00HHHJD", "00HHHA4", "00HHLLA",	/* pqrstuvw */
	"00HA4AH", "00HHF1E", "00V248V", "2448442", "4444444", "8442448", "008L200",		/* xyz{|}~ */
};

struct cell { char c; bool alarm; };

static struct {
	u8 *pixels;
	u32 pitch, scale, cols, rows, red;
	u32 col, row;
	struct cell cell[MAX_ROWS][MAX_COLS];
} fb;

void fb_glyph(char c, u8 rows[GLYPH_ROWS])
{
	for (u32 i = 0; i < GLYPH_ROWS; i++) {
		char d = c >= ' ' && c <= '~' ? font[c - ' '][i] : 'V';

		rows[i] = (u8)(d <= '9' ? d - '0' : d - 'A' + 10);
	}
}

/* One line of pixels of a cell. */
static void draw_line(volatile u32 *at, u32 bits, u32 color)
{
	for (u32 x = 0; x < CELL_W; x++) {
		u32 val = x < GLYPH_COLS && (bits >> (GLYPH_COLS - 1 - x) & 1) ? color : 0;

		for (u32 n = 0; n < fb.scale; n++)
			*at++ = val;
	}
}

static void draw(u32 row, u32 col)
{
	struct cell c = fb.cell[row][col];
	u8 *at = fb.pixels + (u64)row * CELL_H * fb.scale * fb.pitch + (u64)col * CELL_W * fb.scale * 4;
	u8 bits[CELL_H] = { 0 };

	if (c.c != ' ')
		fb_glyph(c.c, bits);
	for (u32 y = 0; y < CELL_H * fb.scale; y++, at += fb.pitch)
		draw_line((volatile u32 *)(void *)at, bits[y / fb.scale], c.alarm ? fb.red : GREY);
}

static void set_cell(u32 row, u32 col, struct cell c)
{
	if (fb.cell[row][col].c == c.c && (c.c == ' ' || fb.cell[row][col].alarm == c.alarm))
		return;
	fb.cell[row][col] = c;
	draw(row, col);
}

static void move_up(void)
{
	u32 by = MAX(fb.rows / 3, 1u);

	for (u32 row = 0; row < fb.rows; row++)
		for (u32 col = 0; col < fb.cols; col++)
			set_cell(row, col, row + by < fb.rows ? fb.cell[row + by][col] : (struct cell){ ' ', false });
	fb.row = fb.rows - by;
}

static void new_line(void)
{
	fb.col = 0;
	if (++fb.row == fb.rows)
		move_up();
}

void fb_write(const char *text, size_t n, bool alarm)
{
	if (!fb.pixels)
		return;
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n') {
			new_line();
			continue;
		}
		if (fb.col == fb.cols)
			new_line();
		set_cell(fb.row, fb.col++, (struct cell){ text[i], alarm });
	}
}

static bool measures_make_sense(const struct boot_framebuffer *f)
{
	return f->pa && f->width >= CELL_W && f->height >= CELL_H && f->width <= MAX_SIDE && f->height <= MAX_SIDE &&
	       IS_ALIGNED(f->pa | f->pitch, 4u) && f->pitch / 4 >= f->width && f->size / f->pitch >= f->height;
}

bool fb_init(const struct boot_framebuffer *f, void *pixels)
{
	fb.pixels = NULL;
	if (!measures_make_sense(f))
		return false;
	fb.pitch = f->pitch;
	fb.scale = 1 + f->width / PIXELS_FOR_2X;
	fb.cols = MIN(f->width / (CELL_W * fb.scale), MAX_COLS);
	fb.rows = MIN(f->height / (CELL_H * fb.scale), MAX_ROWS);
	if (!fb.rows)
		return false;
	fb.red = f->format == FORMAT_RGBX ? RED_RGBX : RED_BGRX;
	fb.row = fb.col = 0;
	for (u32 y = 0; y < f->height; y++)
		__builtin_memset((u8 *)pixels + (u64)y * f->pitch, 0, f->width * 4ul);
	for (u32 row = 0; row < MAX_ROWS; row++)
		for (u32 col = 0; col < MAX_COLS; col++)
			fb.cell[row][col] = (struct cell){ ' ', false };
	fb.pixels = pixels;
	return true;
}
