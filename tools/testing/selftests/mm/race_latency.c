// SPDX-License-Identifier: GPL-2.0
/* A histogram of times; see race_latency.h. */
#include <errno.h>

#include "race_latency.h"

/* Each power of two in equal steps. */
static unsigned int bin_of(uint64_t ns)
{
	unsigned int power;

	if (ns < LATENCY_STEPS)
		return ns;
	power = 63 - __builtin_clzll(ns);
	if (power >= LATENCY_BINS / LATENCY_STEPS)
		return LATENCY_BINS - 1;
	return power * LATENCY_STEPS + ((ns >> (power - 2)) & (LATENCY_STEPS - 1));
}

uint64_t latency_bin_end(unsigned int bin)
{
	unsigned int power = bin / LATENCY_STEPS, step = bin % LATENCY_STEPS;

	if (power < 2)
		return bin + 1;
	return (uint64_t)(LATENCY_STEPS + step + 1) << (power - 2);
}

void latency_add(struct latency *latency, uint64_t ns)
{
	unsigned int bin = bin_of(ns);

	latency->count[bin]++;
	latency->ns[bin] += ns;
	latency->all++;
	if (ns > latency->max)
		latency->max = ns;
}

uint64_t latency_quantile(const struct latency *latency, unsigned int per_mille)
{
	unsigned long wanted = (latency->all * per_mille + 999) / 1000, below = 0;
	unsigned int bin;

	for (bin = 0; bin < LATENCY_BINS; bin++) {
		below += latency->count[bin];
		if (latency->all && below >= wanted)
			return latency_bin_end(bin) < latency->max ?
			       latency_bin_end(bin) : latency->max;
	}
	return latency->max;
}

struct latency_part latency_part(const struct latency *latency, uint64_t from, uint64_t to)
{
	unsigned int bin, end = bin_of(to);
	struct latency_part part = { 0 };

	for (bin = bin_of(from); bin < end; bin++) {
		part.times += latency->count[bin];
		part.mean += latency->ns[bin];
	}
	if (part.times)
		part.mean /= part.times;
	return part;
}

int latency_csv_begin(const char *path)
{
	FILE *file = fopen(path, "ae");

	if (!file)
		return -errno;
	if (!fseek(file, 0, SEEK_END) && !ftell(file))
		fprintf(file, "%s\n", LATENCY_COLUMNS);
	return fclose(file) ? -errno : 0;
}

void latency_csv(const struct latency *latency, const char *name, FILE *to)
{
	unsigned int bin;

	for (bin = 0; bin < LATENCY_BINS; bin++)
		if (latency->count[bin])
			fprintf(to, "%s,%llu,%lu\n", name,
				(unsigned long long)latency_bin_end(bin), latency->count[bin]);
}
