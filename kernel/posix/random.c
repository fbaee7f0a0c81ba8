// SPDX-License-Identifier: Apache-2.0
/*
 * random.c - getrandom: ChaCha20 under a key from the processor
 *
 * Each call draws a stream under the current key, whose first 32 bytes become
 * the next key, so what was given out cannot be computed afterwards. The seed
 * is mixed anew with the processor's numbers and the counter at each call.
 * Without RDRAND the seed is the counter's jitter alone: good for hash tables,
 * not for secrets; said once in the log. Source: RFC 8439, section 2.3.
 */
#include "sys.h"

#define BLOCK_BYTES	64u
#define CHUNK_MAX	0x1ffffffl		/* bytes of one call, as Linux */
#define GRND_FLAGS	7

static struct { struct mutex lock; u32 key[8]; bool seeded; } rng = { MUTEX_INIT(rng.lock), { 0 }, false };

static u32 rotate(u32 x, u32 n)
{
	return x << n | x >> (32 - n);
}

static void quarter(u32 *x, u32 a, u32 b, u32 c, u32 d)
{
	x[a] += x[b]; x[d] = rotate(x[d] ^ x[a], 16);
	x[c] += x[d]; x[b] = rotate(x[b] ^ x[c], 12);
	x[a] += x[b]; x[d] = rotate(x[d] ^ x[a], 8);
	x[c] += x[d]; x[b] = rotate(x[b] ^ x[c], 7);
}

void chacha20_block(const u32 key[8], u64 counter, u32 out[16])
{
	const u32 in[16] = {
		0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, key[0], key[1], key[2], key[3],
		key[4], key[5], key[6], key[7], (u32)counter, (u32)(counter >> 32), 0, 0,
	};

	memcpy(out, in, sizeof(in));
	for (u32 round = 0; round < 10; round++) {
		for (u32 i = 0; i < 4; i++)
			quarter(out, i, 4 + i, 8 + i, 12 + i);
		for (u32 i = 0; i < 4; i++)
			quarter(out, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
	}
	for (u32 i = 0; i < 16; i++)
		out[i] += in[i];
}

/* Caller holds the lock. */
static void mix_in(u64 word, u32 at)
{
	rng.key[at % 8] ^= (u32)word;
	rng.key[(at + 1) % 8] ^= (u32)(word >> 32);
}

static void jitter(void)
{
	u32 block[16];

	for (u32 i = 0; i < 256; i++) {
		mix_in(arch_counter(), i);
		chacha20_block(rng.key, i, block);
		memcpy(rng.key, block, sizeof(rng.key));
	}
}

static void seed(void)
{
	bool hardware = true;
	u64 word;

	for (u32 i = 0; i < 8; i += 2) {
		hardware = hardware && arch_random(&word);
		mix_in(hardware ? word : arch_counter(), i);
	}
	mix_in(arch_counter(), 1);
	if (!rng.seeded && !hardware) {
		log_notice("random: the processor has no random numbers; the counter's jitter must do\n");
		jitter();
	}
	rng.seeded = true;
}

/* A key that is used for one call only. */
static void draw_key(u32 key[8])
{
	u32 block[16];

	mutex_lock(&rng.lock);
	seed();
	chacha20_block(rng.key, 0, block);
	memcpy(rng.key, block, sizeof(rng.key));
	memcpy(key, block + 8, sizeof(rng.key));
	mutex_unlock(&rng.lock);
}

long sys_getrandom(ARGS)
{
	u64 n = MIN((u64)b, (u64)CHUNK_MAX), part;
	u32 key[8], block[16];

	if (c & ~(long)GRND_FLAGS)
		return -EINVAL;
	draw_key(key);
	for (u64 at = 0; at < n; at += part) {
		part = MIN(n - at, (u64)BLOCK_BYTES);
		chacha20_block(key, at / BLOCK_BYTES, block);
		if (copy_to_app((u64)a + at, block, part))
			return at ? (long)at : -EFAULT;
	}
	return (long)n;
}
