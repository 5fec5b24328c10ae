/* SPDX-License-Identifier: GPL-2.0 */
/* Random numbers that are the same on every machine. */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

/* random_of() - spread two numbers over 64 bits, as a seed for what the second counts. */
uint64_t random_of(uint64_t seed, uint64_t number);

#endif
