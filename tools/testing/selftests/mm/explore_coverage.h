/* SPDX-License-Identifier: GPL-2.0 */
/* Which rules of the model decided, so that one sees what a run really reached. Pure. */
#ifndef EXPLORE_COVERAGE_H
#define EXPLORE_COVERAGE_H

#include "collapse_model.h"

struct coverage {
	unsigned int pmd_order;
	unsigned long orders;		/* bit mask of the sizes of the machine */
	const unsigned long (*counts)[MAX_ORDERS];	/* of each enum collapse_rule, by order */
	void (*print)(const char *line);
};

/* coverage_print() - a table: each rule, how often it decided about which order. */
void coverage_print(const struct coverage *coverage);

/* coverage_missing() - print the rules that never decided.
 * @states: bit mask of what tables were made of; rules about others need not be reached
 * Return: how many there are.
 */
unsigned int coverage_missing(const struct coverage *coverage, unsigned long states);

/* coverage_words() - the rules that decided, in words.
 * @buf: receives "scan: nothing referenced; collapsed, order 4", or "no rule"
 * @size: of @buf in bytes; more is cut off
 */
void coverage_words(const struct coverage *coverage, char *buf, size_t size);

#endif
