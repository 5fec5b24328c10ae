// SPDX-License-Identifier: GPL-2.0
/* A case of the explorer and its notation; see explore_case.h. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore_case.h"

const char *const step_names[NR_STEP_KINDS] = {
	[STEP_SIZES] = "sizes",
	[STEP_NONE] = "none",
	[STEP_SWAP] = "swap",
	[STEP_SHARED] = "shared",
	[STEP_COLLAPSE] = "collapse",
	[STEP_FORCE] = "force",
	[STEP_PUNCH] = "punch",
	[STEP_TOUCH] = "touch",
	[STEP_READ] = "read",
	[STEP_PAGEOUT] = "pageout",
	[STEP_FREE] = "free",
	[STEP_GUARD] = "guard",
	[STEP_SHARE] = "share",
	[STEP_EXIT] = "exit",
	[STEP_SPLIT] = "split",
	[STEP_MOVE] = "move",
};

#define STEP_LIMITS	(BIT(STEP_NONE) | BIT(STEP_SWAP) | BIT(STEP_SHARED))
#define STEP_RUNS	(BIT(STEP_PUNCH) | BIT(STEP_TOUCH) | BIT(STEP_READ) |	\
			 BIT(STEP_PAGEOUT) | BIT(STEP_FREE) | BIT(STEP_GUARD) |	\
			 BIT(STEP_SHARE))

struct explore_case *explore_case_alloc(unsigned int order)
{
	struct explore_case *c = calloc(1, sizeof(*c));

	if (c)
		c->start = pte_table_alloc(order);
	if (c && !c->start) {
		free(c);
		c = NULL;
	}
	return c;
}

void explore_case_free(struct explore_case *c)
{
	if (c)
		free(c->start);
	free(c);
}

void explore_case_copy(struct explore_case *to, const struct explore_case *from)
{
	struct pte_table *start = to->start;

	pte_table_copy(start, from->start);
	*to = *from;
	to->start = start;
}

bool explore_case_add(struct explore_case *c, struct explore_step step)
{
	if (c->nr_steps == CASE_MAX_STEPS)
		return false;
	c->steps[c->nr_steps++] = step;
	return true;
}

/* PTEs of a region of the smallest of some sizes. */
static unsigned int smallest_region(unsigned long orders)
{
	return BIT(orders ? __builtin_ctzl(orders) : 0);
}

/* Whatever it has become: full pages at the start, and nothing else. */
static bool refill(struct explore_case *canary, unsigned int pages)
{
	const struct explore_step punch = { .kind = STEP_PUNCH, .to = canary->start->nr };
	const struct explore_step touch = { .kind = STEP_TOUCH, .to = pages };

	return explore_case_add(canary, punch) && explore_case_add(canary, touch);
}

bool explore_case_canary(const struct explore_case *c, unsigned long orders,
			 struct explore_case *canary)
{
	unsigned long sizes = orders;
	bool room = true;
	unsigned int i;

	canary->nr_steps = 0;
	canary->start->vma = 0;
	for (i = 0; i < c->start->nr; i++)
		canary->start->pte[i] = (struct pte){ .state = PTE_EMPTY };
	for (i = 0; i < c->nr_steps && room; i++) {
		struct explore_step step = c->steps[i];

		if (!(STEP_COMMON & BIT(step.kind)))
			continue;
		if (step.kind == STEP_SIZES)
			sizes = step.value & orders;
		if (step.kind == STEP_SHARE)
			step.to = step.from;
		if (STEP_COLLAPSES & BIT(step.kind))
			room = refill(canary, smallest_region(sizes));
		room = room && explore_case_add(canary, step);
	}
	/* And for the scan that changes nothing of the other one. */
	return room && refill(canary, smallest_region(sizes));
}

/* A number, at most @max; @text is advanced behind it. */
static int parse_number(const char **text, unsigned long max, unsigned long *number,
			const char **why)
{
	unsigned long value;
	char *end;

	if (!isdigit((unsigned char)**text)) {
		*why = "a number is missing here";
		return -EINVAL;
	}
	value = strtoul(*text, &end, 10);
	if (value > max) {
		*why = "number is larger than the range allows";
		return -EINVAL;
	}
	*text = end;
	*number = value;
	return 0;
}

static int parse_order(const char **text, unsigned int pmd_order, unsigned long *order,
		       const char **why)
{
	unsigned long below = 0;

	if (**text != 'M') {
		if (!isdigit((unsigned char)**text)) {
			*why = "an order is missing here: a number, or M for the PMD order";
			return -EINVAL;
		}
		if (strtoul(*text, NULL, 10) > pmd_order) {
			*why = "order is above the PMD order";
			return -EINVAL;
		}
		return parse_number(text, pmd_order, order, why);
	}
	++*text;
	if (**text == '-') {
		++*text;
		if (parse_number(text, pmd_order, &below, why))
			return -EINVAL;
	}
	*order = pmd_order - below;
	return 0;
}

int explore_orders_parse(const char **text, unsigned int pmd_order, unsigned long *orders,
			 const char **why)
{
	*orders = 0;
	for (;;) {
		const char *start = *text;
		unsigned long order;

		if (parse_order(text, pmd_order, &order, why))
			return -EINVAL;
		if (order < 2) {
			*text = start;
			*why = "there are no anonymous folios of this order";
			return -EINVAL;
		}
		*orders |= BIT(order);
		if (**text != ',')
			return 0;
		++*text;
	}
}

static int parse_limit(const char **text, unsigned int nr, unsigned long *limit,
		       const char **why)
{
	if (!strncmp(*text, "max", 3)) {
		*text += 3;
		*limit = nr - 1;
		return 0;
	}
	return parse_number(text, nr - 1, limit, why);
}

static int parse_run(const char **text, unsigned int nr, struct explore_step *step,
		     const char **why)
{
	const char *start = *text;
	unsigned long first, last;

	if (parse_number(text, nr - 1, &first, why))
		return -EINVAL;
	last = first;
	if (**text == '-') {
		++*text;
		if (parse_number(text, nr - 1, &last, why))
			return -EINVAL;
	}
	if (last < first) {
		*text = start;
		*why = "the run ends before it begins";
		return -EINVAL;
	}
	step->from = first;
	step->to = last + 1;
	return 0;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t\n");
}

static int parse_kind(const char **text, enum step_kind *kind, const char **why)
{
	size_t length = strspn(*text, "abcdefghijklmnopqrstuvwxyz");
	unsigned int i;

	for (i = 0; i < NR_STEP_KINDS; i++) {
		if (strlen(step_names[i]) == length && !strncmp(*text, step_names[i], length)) {
			*text += length;
			*kind = i;
			return 0;
		}
	}
	*why = "no such step; see explore_case.h or --help";
	return -EINVAL;
}

/* One step; @text is left at what is wrong, or behind it. */
static int parse_step(const char **text, const struct pte_table *table,
		      struct explore_step *step, const char **why)
{
	int err;

	*step = (struct explore_step){ 0 };
	*text = skip_blanks(*text);
	if (parse_kind(text, &step->kind, why))
		return -EINVAL;
	*text = skip_blanks(*text);
	if (step->kind == STEP_SIZES)
		err = explore_orders_parse(text, table->order, &step->value, why);
	else if (STEP_LIMITS & BIT(step->kind))
		err = parse_limit(text, table->nr, &step->value, why);
	else if (step->kind == STEP_SHARE && !isdigit((unsigned char)**text))
		err = 0;
	else if (STEP_RUNS & BIT(step->kind))
		err = parse_run(text, table->nr, step, why);
	else
		err = 0;
	if (err)
		return err;
	*text = skip_blanks(*text);
	if (**text && **text != ';') {
		*why = "a ';' is missing here";
		return -EINVAL;
	}
	return 0;
}

static int parse_table(struct pte_table *table, const char *text, size_t length,
		       struct notation_error *error)
{
	char *copy = strndup(text, length);
	unsigned int i;
	int err;

	if (!copy) {
		*error = (struct notation_error){ .why = "out of memory" };
		return -EINVAL;
	}
	err = pte_table_parse(table, copy, error);
	free(copy);
	for (i = 0; i < table->nr && !err; i++) {
		if (table->pte[i].state != PTE_OTHER && !table->pte[i].stray)
			continue;
		*error = (struct notation_error){ .why = "a state that is only to be seen" };
		err = -EINVAL;
	}
	return err;
}

static bool has_child_after(const struct explore_case *c, unsigned int nr_steps)
{
	bool child = pte_table_count(c->start, BIT(PTE_SHARED));
	unsigned int i;

	for (i = 0; i < nr_steps; i++) {
		if (c->steps[i].kind == STEP_SHARE)
			child = true;
		if (c->steps[i].kind == STEP_EXIT)
			child = false;
	}
	return child;
}

/* What is wrong with a step where it stands; NULL if nothing is. */
static const char *misplaced(const struct explore_case *c, unsigned int nr)
{
	if (c->steps[nr].kind == STEP_SHARE && has_child_after(c, nr))
		return "there is a child already: let it exit first";
	/* A hole in armed memory waits for somebody to fill it, a write elsewhere is a fault. */
	if (c->start->vma && !(STEP_COMMON & BIT(c->steps[nr].kind)))
		return "the VMA does not let this step be done";
	return NULL;
}

bool explore_case_is_sound(const struct explore_case *c)
{
	unsigned int i;

	for (i = 0; i < c->nr_steps; i++)
		if (misplaced(c, i))
			return false;
	return true;
}

int explore_case_parse(struct explore_case *c, const char *text,
		       struct notation_error *error)
{
	size_t length = strcspn(text, ";");
	const char *at = text + length, *why = NULL;
	struct explore_step step;

	c->nr_steps = 0;
	if (parse_table(c->start, text, length, error))
		return -EINVAL;
	while (*at == ';' && !why) {
		const char *start = skip_blanks(++at);

		if (parse_step(&at, c->start, &step, &why))
			break;
		why = explore_case_add(c, step) ? misplaced(c, c->nr_steps - 1) : "too many steps";
		if (why)
			at = start;
	}
	if (!why)
		return 0;
	*error = (struct notation_error){ .at = at - text, .why = why };
	return -EINVAL;
}

struct text {
	char *buf;
	size_t size;
	size_t len;
};

static void __attribute__((format(printf, 2, 3)))
put(struct text *text, const char *format, ...)
{
	size_t left = text->len < text->size ? text->size - text->len : 0;
	va_list args;

	va_start(args, format);
	text->len += vsnprintf(left ? text->buf + text->len : NULL, left, format, args);
	va_end(args);
}

static void put_orders(struct text *text, unsigned long orders)
{
	unsigned int order;
	char separator = ' ';

	for (order = 0; orders >> order; order++) {
		if (!(orders & BIT(order)))
			continue;
		put(text, "%c%u", separator, order);
		separator = ',';
	}
}

size_t explore_case_format(const struct explore_case *c, char *buf, size_t size)
{
	struct text text = { .buf = buf, .size = size };
	unsigned int i;

	text.len = pte_table_format(c->start, buf, size);
	for (i = 0; i < c->nr_steps; i++) {
		const struct explore_step *step = &c->steps[i];

		put(&text, "; %s", step_names[step->kind]);
		if (step->kind == STEP_SIZES)
			put_orders(&text, step->value);
		else if (STEP_LIMITS & BIT(step->kind))
			put(&text, " %lu", step->value);
		else if (STEP_RUNS & BIT(step->kind) && step->to > step->from)
			put(&text, " %u", step->from);
		if (step->to > step->from + 1)
			put(&text, "-%u", step->to - 1);
	}
	return text.len;
}
