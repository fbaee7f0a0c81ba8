/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.c - printf's conversions for the log
 */
#include "format.h"

struct out { char *buf; size_t size, n; };
struct spec { bool left, zero; u32 width; int precision; u32 longs; };

static void put(struct out *o, char c)
{
	if (o->n + 1 < o->size)
		o->buf[o->n++] = c;
}

static void put_field(struct out *o, const struct spec *s, const char *text, size_t len, bool number)
{
	size_t pad = s->width > len ? s->width - len : 0;

	if (number && s->zero && !s->left) {
		if (len && *text == '-') {
			put(o, '-');
			text++;
			len--;
		}
		for (; pad; pad--)
			put(o, '0');
	}
	for (; pad && !s->left; pad--)
		put(o, ' ');
	for (size_t i = 0; i < len; i++)
		put(o, text[i]);
	for (; pad; pad--)
		put(o, ' ');
}

static void put_number(struct out *o, const struct spec *s, u64 v, u32 base, bool negative, const char *digits)
{
	char tmp[24];
	size_t at = sizeof(tmp);

	do {
		tmp[--at] = digits[v % base];
		v /= base;
	} while (v);
	if (negative)
		tmp[--at] = '-';
	put_field(o, s, tmp + at, sizeof(tmp) - at, true);
}

static const char *parse(struct spec *s, const char *f, va_list *ap)
{
	*s = (struct spec){ .precision = -1 };
	for (; *f == '-' || *f == '0'; f++) {
		s->left |= *f == '-';
		s->zero |= *f == '0';
	}
	for (; *f >= '0' && *f <= '9'; f++)
		s->width = s->width * 10 + (u32)(*f - '0');
	if (*f == '.') {
		s->precision = 0;
		if (*++f == '*') {
			s->precision = va_arg(*ap, int);
			f++;
		}
		for (; *f >= '0' && *f <= '9'; f++)
			s->precision = s->precision * 10 + (*f - '0');
	}
	for (; *f == 'l' || *f == 'z'; f++)
		s->longs++;
	return f;
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
	size_t len = 0;

	if (!text)
		text = "(null)";
	while ((s->precision < 0 || len < (size_t)s->precision) && text[len])
		len++;
	put_field(o, s, text, len, false);
}

static u64 get_unsigned(const struct spec *s, va_list *ap)
{
	return s->longs ? va_arg(*ap, u64) : va_arg(*ap, u32);
}

static void convert(struct out *o, struct spec *s, char c, va_list *ap)
{
	s64 v;
	char ch;

	switch (c) {
	case 'd':
	case 'i':
		v = s->longs ? va_arg(*ap, s64) : va_arg(*ap, int);
		put_number(o, s, v < 0 ? 0 - (u64)v : (u64)v, 10, v < 0, "0123456789");
		break;
	case 'u':
		put_number(o, s, get_unsigned(s, ap), 10, false, "0123456789");
		break;
	case 'x':
		put_number(o, s, get_unsigned(s, ap), 16, false, "0123456789abcdef");
		break;
	case 'X':
		put_number(o, s, get_unsigned(s, ap), 16, false, "0123456789ABCDEF");
		break;
	case 'p':
		put(o, '0');
		put(o, 'x');
		put_number(o, s, va_arg(*ap, u64), 16, false, "0123456789abcdef");
		break;
	case 's':
		put_string(o, s, va_arg(*ap, const char *));
		break;
	case 'c':
		ch = (char)va_arg(*ap, int);
		put_field(o, s, &ch, 1, false);
		break;
	default:
		put(o, c);
	}
}

size_t format_line(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { buf, size, 0 };
	struct spec s;
	va_list args;

	va_copy(args, ap);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			put(&o, *fmt);
			continue;
		}
		fmt = parse(&s, fmt + 1, &args);
		if (!*fmt)
			break;
		convert(&o, &s, *fmt, &args);
	}
	va_end(args);
	if (o.n + 1 == size)
		buf[o.n - 1] = '\n';
	buf[o.n] = 0;
	return o.n;
}
