/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cJSON with whole numbers: its double is our 64-bit integer
 *
 * The VMM uses general registers only, so the library is compiled (json_lib.c)
 * with another type of numbers. A number that is not whole, or does not fit,
 * is JSON_NOT_WHOLE; it is a syntax error nowhere.
 */
#ifndef VMM_JSON_H
#define VMM_JSON_H

#include <stdint.h>
#include <stddef.h>

#define double int64_t
#include <cJSON.h>
#undef double

#define JSON_NOT_WHOLE INT64_MIN

/* Text to number as strtod() does it: @end points behind what was used. */
int64_t json_integer(const char *text, char **end);

/* Comments become blanks, so that positions stay right. */
void json_comments_blank(char *text);

/*
 * Line of a field in valid JSON without comments. @path: member names and
 * [index] as in "disks[1].path"; of a name given twice the @nth, from 0.
 * As far as it can be followed: a missing field has its object's line.
 */
uint32_t json_line_of(const char *text, const char *path, uint32_t nth);
uint32_t json_line_at(const char *text, const char *pos);

#endif
