// SPDX-License-Identifier: GPL-2.0
/* The PTE table: notation, comparison and drawing; see pte_table.h. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pte_table.h"

#define DRAW_WIDTH	64	/* PTEs in a line of a drawing */

const char pte_letters[NR_PTE_STATES] = {
	[PTE_EMPTY] = '.',
	[PTE_ZERO] = 'z',
	[PTE_KSM_ZERO] = 'K',
	[PTE_GUARD] = 'G',
	[PTE_SWAPPED] = 's',
	[PTE_SWAPPED_UFFD_WP] = 'W',
	[PTE_PRESENT] = 'p',
	[PTE_SHARED] = 'f',
	[PTE_PINNED] = 'g',
	[PTE_UNREFERENCED] = 'u',
	[PTE_CLEAN] = 'c',
	[PTE_LAZYFREE] = 'l',
	[PTE_REDIRTIED] = 'd',
	[PTE_KSM] = 'k',
	[PTE_KSM_LONE] = 'o',
	[PTE_UFFD_WP] = 'w',
	[PTE_PMD_MAPPED] = 'H',
	[PTE_OTHER] = '?',
};

/* Letters of enum vma_kind, from the lowest bit up. */
static const char vma_letters[] = "RNLDA";

struct pte_table *pte_table_alloc(unsigned int order)
{
	struct pte_table *table;

	table = calloc(1, sizeof(*table) + sizeof(table->pte[0]) * BIT(order));
	if (table) {
		table->order = order;
		table->nr = BIT(order);
	}
	return table;
}

void pte_table_copy(struct pte_table *to, const struct pte_table *from)
{
	memcpy(to->pte, from->pte, from->nr * sizeof(from->pte[0]));
	to->vma = from->vma;
}

bool pte_equal(const struct pte *a, const struct pte *b)
{
	return a->state == b->state && a->order == b->order &&
	       a->index == b->index && a->stray == b->stray;
}

static bool pte_is_less(const struct pte *before, const struct pte *expected,
			const struct pte *seen, unsigned long orders)
{
	if (pte_equal(seen, before))
		return true;
	if (seen->state != PTE_PRESENT || seen->stray)
		return false;
	if (pte_is(before, PTE_SWAP_STATES) && !seen->order)
		return true;
	return orders & BIT(seen->order) && seen->order > before->order &&
	       (seen->order < expected->order || pte_is(before, PTE_SWAP_STATES));
}

bool pte_table_is_less(const struct pte_table *before, const struct pte_table *expected,
		       const struct pte_table *seen, unsigned long orders, const bool *excused)
{
	unsigned int i;

	for (i = 0; i < seen->nr; i++) {
		if (pte_equal(&seen->pte[i], &expected->pte[i]))
			continue;
		if ((excused && !excused[i]) ||
		    !pte_is_less(&before->pte[i], &expected->pte[i], &seen->pte[i], orders))
			return false;
	}
	return seen->vma == expected->vma;
}

bool pte_table_equal(const struct pte_table *a, const struct pte_table *b)
{
	unsigned int i;

	for (i = 0; i < a->nr; i++)
		if (!pte_equal(&a->pte[i], &b->pte[i]))
			return false;
	return a->vma == b->vma;
}

unsigned int pte_table_count(const struct pte_table *table, unsigned long states)
{
	unsigned int i, count = 0;

	for (i = 0; i < table->nr; i++)
		count += !!(states & BIT(table->pte[i].state));
	return count;
}

unsigned long pte_table_orders(const struct pte_table *table)
{
	unsigned long orders = 0;
	unsigned int i;

	for (i = 0; i < table->nr; i++)
		orders |= BIT(table->pte[i].order);
	return orders & ~BIT(0);
}

void pte_table_set_folio(struct pte_table *table, unsigned int offset,
			 enum pte_state state, unsigned int order,
			 unsigned int first, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		table->pte[offset + i] = (struct pte){
			.state = state,
			.order = order,
			.index = first + i,
		};
}

/* One item of the notation. */
struct item {
	enum pte_state state;
	bool stray;
	unsigned int order;
	unsigned int first;	/* page of the folio */
	unsigned int pages;	/* PTEs of one repetition */
	unsigned int count;	/* repetitions */
	bool rest;		/* as many repetitions as there is room for */
};

struct parser {
	const char *text;
	const char *at;
	unsigned int pmd_order;
	struct notation_error *error;
};

static int fail(struct parser *p, const char *why)
{
	p->error->at = p->at - p->text;
	p->error->why = why;
	return -EINVAL;
}

static void skip_blanks(struct parser *p)
{
	p->at += strspn(p->at, " \t\n");
}

static int parse_number(struct parser *p, unsigned int *number)
{
	unsigned long value;
	char *end;

	if (*p->at < '0' || *p->at > '9')
		return fail(p, "a number is missing here");
	value = strtoul(p->at, &end, 10);
	if (value > BIT(p->pmd_order))
		return fail(p, "number is larger than the range");
	*number = value;
	p->at = end;
	return 0;
}

static int parse_state(struct parser *p, struct item *item)
{
	int state;

	item->stray = *p->at == '!';
	p->at += item->stray;
	if (*p->at == 'P') {
		item->state = PTE_PRESENT;
		p->at++;
		return 0;
	}
	for (state = 0; state < NR_PTE_STATES; state++) {
		if (*p->at == pte_letters[state]) {
			item->state = state;
			p->at++;
			return 0;
		}
	}
	return fail(p, "no such state; there are . z K G s W p f g u c l d k o w H P ?");
}

static int parse_order(struct parser *p, struct item *item)
{
	unsigned int below = 0;

	if (*p->at == 'M') {
		p->at++;
		if (*p->at == '-') {
			p->at++;
			if (parse_number(p, &below))
				return -EINVAL;
		}
		if (below > p->pmd_order)
			return fail(p, "order is below 0");
		item->order = p->pmd_order - below;
	} else if (*p->at >= '0' && *p->at <= '9') {
		if (parse_number(p, &item->order))
			return -EINVAL;
		if (item->order > p->pmd_order)
			return fail(p, "order is above the PMD order");
	} else {
		return 0;
	}
	if (!(PTE_FOLIO_STATES & BIT(item->state)) || item->state == PTE_PMD_MAPPED)
		return fail(p, "this state has no order");
	if (item->order == 1)
		return fail(p, "there are no anonymous folios of order 1");
	return 0;
}

static int parse_slice(struct parser *p, struct item *item)
{
	unsigned int last;

	if (*p->at != '[')
		return 0;
	if (!item->order || item->state == PTE_PMD_MAPPED)
		return fail(p, "only a large folio has a slice");
	p->at++;
	if (parse_number(p, &item->first))
		return -EINVAL;
	last = item->first;
	if (*p->at == '-') {
		p->at++;
		if (parse_number(p, &last))
			return -EINVAL;
	}
	if (*p->at != ']')
		return fail(p, "a ']' is missing here");
	if (last < item->first || last >= BIT(item->order))
		return fail(p, "slice is not inside its folio");
	p->at++;
	item->pages = last - item->first + 1;
	return 0;
}

static int parse_count(struct parser *p, struct item *item)
{
	if (*p->at == '~') {
		p->at++;
		item->rest = true;
	} else if (*p->at == '*') {
		p->at++;
		if (parse_number(p, &item->count))
			return -EINVAL;
	}
	return 0;
}

static int parse_item(struct parser *p, struct item *item)
{
	bool as_collapsed = *p->at == 'P';

	*item = (struct item){ .count = 1 };
	if (parse_state(p, item) || parse_order(p, item))
		return -EINVAL;
	if (as_collapsed && item->order == p->pmd_order)
		item->state = PTE_PMD_MAPPED;
	if (item->state == PTE_PMD_MAPPED)
		item->order = p->pmd_order;
	item->pages = BIT(item->order);
	if (parse_slice(p, item) || parse_count(p, item))
		return -EINVAL;
	if (*p->at && !strchr(" \t\n", *p->at))
		return fail(p, "a blank is missing between two items");
	return 0;
}

/* PTEs that all items but the one with '~' take, or an error. */
static int measure(struct parser *p, size_t *fixed, bool *has_rest)
{
	struct item item;

	*fixed = 0;
	*has_rest = false;
	for (skip_blanks(p); *p->at; skip_blanks(p)) {
		const char *start = p->at;

		if (parse_item(p, &item))
			return -EINVAL;
		if (item.rest && *has_rest) {
			p->at = start;
			return fail(p, "only one item can be the rest");
		}
		if (item.rest)
			*has_rest = true;
		else
			*fixed += (size_t)item.pages * item.count;
		if (*fixed > BIT(p->pmd_order)) {
			p->at = start;
			return fail(p, "more PTEs than the range has");
		}
	}
	return 0;
}

/* The letters before the colon; @p is left where the items begin. */
static int parse_vma(struct parser *p, unsigned int *vma)
{
	size_t letters;

	*vma = 0;
	skip_blanks(p);
	letters = strspn(p->at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (p->at[letters] != ':')
		return 0;
	for (; *p->at != ':'; p->at++) {
		const char *letter = strchr(vma_letters, *p->at);

		if (!letter)
			return fail(p, "no such VMA; there are R N L D A");
		*vma |= BIT(letter - vma_letters);
	}
	p->at++;
	return 0;
}

int pte_table_parse(struct pte_table *table, const char *text,
		    struct notation_error *error)
{
	struct parser p = {
		.text = text, .at = text, .pmd_order = table->order, .error = error,
	};
	unsigned int offset = 0;
	const char *items;
	struct item item;
	bool has_rest;
	size_t fixed;

	if (parse_vma(&p, &table->vma))
		return -EINVAL;
	items = p.at;
	if (measure(&p, &fixed, &has_rest))
		return -EINVAL;
	if (!has_rest && fixed < table->nr)
		return fail(&p, "fewer PTEs than the range has");

	p.at = items;
	for (skip_blanks(&p); *p.at; skip_blanks(&p)) {
		const char *start = p.at;

		parse_item(&p, &item);
		if (item.rest) {
			item.count = (table->nr - fixed) / item.pages;
			if (item.count * item.pages != table->nr - fixed) {
				p.at = start;
				return fail(&p, "the rest is not a multiple of this item");
			}
		}
		while (item.count--) {
			unsigned int i;

			pte_table_set_folio(table, offset, item.state, item.order,
					    item.first, item.pages);
			for (i = 0; i < item.pages; i++)
				table->pte[offset++].stray = item.stray;
		}
	}
	return 0;
}

/* Number of PTEs from @offset on that map consecutive pages of one folio. */
static unsigned int piece_length(const struct pte_table *table, unsigned int offset)
{
	struct pte next = table->pte[offset];
	unsigned int nr = 0;

	do {
		nr++;
		next.index++;
	} while (offset + nr < table->nr && next.index < BIT(next.order) &&
		 pte_equal(&table->pte[offset + nr], &next));
	return nr;
}

static bool piece_repeats(const struct pte_table *table, unsigned int from,
			  unsigned int to, unsigned int nr)
{
	return to + nr <= table->nr &&
	       pte_equal(&table->pte[to], &table->pte[from]) &&
	       piece_length(table, to) == nr;
}

/* The letters and the colon, or nothing. */
static void format_vma(unsigned int vma, char text[sizeof(vma_letters) + 2])
{
	unsigned int i;

	for (i = 0; vma_letters[i]; i++)
		if (vma & BIT(i))
			*text++ = vma_letters[i];
	if (vma) {
		*text++ = ':';
		*text++ = ' ';
	}
	*text = '\0';
}

size_t pte_table_format(const struct pte_table *table, char *buf, size_t size)
{
	char vma[sizeof(vma_letters) + 2];
	unsigned int offset, nr, count;
	size_t len = 0;

#define put(...) \
	(len += snprintf(len < size ? buf + len : NULL, len < size ? size - len : 0, __VA_ARGS__))
	format_vma(table->vma, vma);
	put("%s", vma);
	for (offset = 0; offset < table->nr; offset += nr * count) {
		const struct pte *pte = &table->pte[offset];

		nr = piece_length(table, offset);
		for (count = 1; piece_repeats(table, offset, offset + nr * count, nr); )
			count++;
		put("%s%s%c", offset ? " " : "", pte->stray ? "!" : "",
		    pte_letters[pte->state]);
		if (pte->order && pte->state != PTE_PMD_MAPPED)
			put("%u", pte->order);
		if (nr < BIT(pte->order)) {
			put("[%u", pte->index);
			if (nr > 1)
				put("-%u", pte->index + nr - 1);
			put("]");
		}
		if (count > 1)
			put("*%u", count);
	}
#undef put
	return len;
}

static char draw_pte(const struct pte *pte)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

	if (pte->stray)
		return '!';
	if (pte->index)
		return '-';
	if (pte->order && pte->state == PTE_PRESENT)
		return digits[pte->order];
	return pte_letters[pte->state];
}

struct drawn_line {
	char expected[DRAW_WIDTH + 1];
	char seen[DRAW_WIDTH + 1];
	char marks[DRAW_WIDTH + 1];
};

static void draw_line(struct drawn_line *line, const struct pte_table *expected,
		      const struct pte_table *seen, unsigned int offset)
{
	unsigned int i;

	memset(line, 0, sizeof(*line));
	for (i = 0; i < DRAW_WIDTH && offset + i < expected->nr; i++) {
		const struct pte *want = &expected->pte[offset + i];
		const struct pte *got = &seen->pte[offset + i];

		line->expected[i] = draw_pte(want);
		line->seen[i] = draw_pte(got);
		line->marks[i] = pte_equal(want, got) ? ' ' : '^';
	}
	while (i && line->marks[i - 1] == ' ')
		line->marks[--i] = '\0';
}

static void print_folded(unsigned int folded, void (*print)(const char *line))
{
	char text[64];

	if (!folded)
		return;
	snprintf(text, sizeof(text), "%14s ... %u more such line%s", "", folded,
		 folded > 1 ? "s" : "");
	print(text);
}

static void print_line(unsigned int offset, const struct drawn_line *line, bool one,
		       void (*print)(const char *line))
{
	char text[DRAW_WIDTH + 32];
	bool differ = line->marks[0];

	snprintf(text, sizeof(text), "%5u %-8s %s", offset,
		 one ? "" : differ ? "expected" : "both", line->expected);
	print(text);
	if (!differ)
		return;
	snprintf(text, sizeof(text), "%5s %-8s %s", "", "seen", line->seen);
	print(text);
	snprintf(text, sizeof(text), "%5s %-8s %s", "", "", line->marks);
	print(text);
}

void pte_table_draw(const struct pte_table *expected, const struct pte_table *seen,
		    void (*print)(const char *line))
{
	struct drawn_line line, previous = { 0 };
	char want[sizeof(vma_letters) + 2], got[sizeof(vma_letters) + 2];
	unsigned int offset, folded = 0;
	char text[64];

	if (seen && seen->vma != expected->vma) {
		format_vma(expected->vma, want);
		format_vma(seen->vma, got);
		snprintf(text, sizeof(text), "  VMA expected: %s seen: %s",
			 *want ? want : "plain", *got ? got : "plain");
		print(text);
	}
	for (offset = 0; offset < expected->nr; offset += DRAW_WIDTH) {
		draw_line(&line, expected, seen ?: expected, offset);
		if (offset && !memcmp(&line, &previous, sizeof(line))) {
			folded++;
			continue;
		}
		print_folded(folded, print);
		folded = 0;
		print_line(offset, &line, !seen, print);
		previous = line;
	}
	print_folded(folded, print);
}
