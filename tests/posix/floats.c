/* SPDX-License-Identifier: Apache-2.0 */
/* floats.c - floating point: printf, scanf, math; each thread has its own registers and modes */
#define _GNU_SOURCE
#include <fenv.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include "t.h"

static void texts(void)
{
	double d = 0;
	float f = 0;

	printf("%f %.10f %e %g %g\n", 3.14159265358979, 2.0 / 3, 12345.678, 1e100, 0.0001);
	printf("%10.3f|%-10.2f|%+.1f|%05.1f|%a\n", -1.5, 2.25, 3.0, 4.5, 0.1);
	printf("%f %F %g %Lf\n", INFINITY, -INFINITY, NAN, 1.0L / 3);
	check("sscanf", sscanf("2.5e3 -0.125", "%lf %f", &d, &f) == 2 && d == 2500 && f == -0.125f);
	check("strtod", strtod("1e-308", NULL) == 1e-308 && strtod("0x1.8p3", NULL) == 12 && atof("17.25") == 17.25);
}

static void functions(void)
{
	printf("%.12f %.12f %.12f\n", sin(1), cos(2), tan(0.5));
	printf("%.12f %.12f %.12f\n", exp(1), log(10), pow(2, 0.5));
	printf("%.12f %.12f %.12f\n", sqrt(2), atan2(1, -1), fmod(10, 3.7));
	check("rounding", floor(-1.5) == -2 && ceil(-1.5) == -1 && rint(2.5) == 2 && lround(2.5) == 3 && trunc(-1.7) == -1);
	check("not a number", isnan(sqrt(-1.0)) && isinf(1 / 0.0));
}

/* A sum whose partial results stay in registers while others run. */
static double series(int seed, int rounds)
{
	double s0 = seed, s1 = seed + 0.25, s2 = seed + 0.5, s3 = seed + 0.75;

	for (int i = 1; i <= rounds; i++) {
		s0 = s0 * 0.9999 + 1.0 / i;
		s1 = s1 * 0.9998 + 2.0 / i;
		s2 = s2 * 0.9997 + 3.0 / i;
		s3 = s3 * 0.9996 + 4.0 / i;
		if (i % 64 == 0)
			sched_yield();
	}
	return s0 + s1 * 3 + s2 * 5 + s3 * 7;
}

struct job { int seed, rounding; double sum; int kept; };

static void *work(void *arg)
{
	struct job *j = arg;

	fesetround(j->rounding);
	j->sum = series(j->seed, 20000);
	j->kept = fegetround() == j->rounding;
	return NULL;
}

static void threads(void)
{
	static const int rounding[4] = { FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO };
	struct job alone[8], together[8];
	pthread_t t[8];
	int same = 1, kept = 1;

	for (int i = 0; i < 8; i++) {
		alone[i] = together[i] = (struct job){ i, rounding[i % 4], 0, 0 };
		pthread_create(&t[0], NULL, work, &alone[i]);
		pthread_join(t[0], NULL);
	}
	for (int i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, work, &together[i]);
	for (int i = 0; i < 8; i++) {
		pthread_join(t[i], NULL);
		same &= !memcmp(&alone[i].sum, &together[i].sum, sizeof(double));
		kept &= together[i].kept;
		printf("series %d: %.17g\n", i, together[i].sum);
	}
	check("eight threads at once compute what each computes alone", same);
	check("each keeps its rounding mode", kept);
	check("rounding mode of the first thread", fegetround() == FE_TONEAREST);
}

int main(void)
{
	texts();
	functions();
	threads();
	return t_failed != 0;
}
