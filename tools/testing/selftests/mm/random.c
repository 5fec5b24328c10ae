// SPDX-License-Identifier: GPL-2.0
/* Random numbers; see random.h. */
#include "random.h"

/* splitmix64: a permutation that spreads every bit over all others. */
uint64_t random_of(uint64_t seed, uint64_t number)
{
	uint64_t z = seed + (number + 1) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}
