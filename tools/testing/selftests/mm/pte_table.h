/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The PTE table: what each PTE of one PMD-sized range maps.
 *
 * This value type goes through the whole suite. It is parsed from a notation,
 * set up in memory, predicted by the model, read back from the kernel, compared
 * and drawn.
 *
 * Notation: items from the first PTE to the last, separated by blanks; before them,
 * where the VMA is not a plain one, letters that say so, and a colon.
 *
 *   table  := [vma letters ':'] items
 *   item   := ['!'] letter [order] [slice] [count]
 *   order  := number | 'M' | 'M-' number         M is this machine's PMD order
 *   slice  := '[' first ['-' last] ']'           only these pages of the folio
 *   count  := '*' number | '~'                   '~' fills the rest of the range
 *   '!'    := the page is not part of the folio that its neighbours map
 *
 *   nothing there   '.' empty
 *                   'z' shared zero page         'K' the same, put there by KSM
 *                   'G' guard region
 *   not present     's' swapped out              'W' and write-protected by userfaultfd
 *   present         'p' present
 *                   'f' and mapped by a forked child too
 *                   'g' and pinned by GUP
 *                   'u' and not referenced since clear_refs
 *                   'c' and not soft-dirty
 *                   'l' lazyfree: MADV_FREE, not written since
 *                   'd' lazyfree, but written since
 *                   'k' merged by KSM            'o' a KSM page, and the only mapping of it
 *                   'w' write-protected by userfaultfd
 *                   'H' the whole range, mapped by the PMD
 *                   'P' present as a collapse leaves it: 'H' at the PMD order, else 'p'
 *   only seen       '?' something else
 *
 *   VMA letters     'R' read-only    'N' no access    'L' mlocked    'D' droppable
 *                   'A' armed: userfaultfd is told of missing pages
 *
 * "p*15 .~" is 15 base pages, the rest empty; "p4 .~ p" an order-4 folio, a hole
 * and one base page in the last PTE; ".~ p4[0-7]" the first half of an order-4
 * folio in the last eight PTEs. PTEs that map one folio at one alignment belong
 * to the same folio, with a hole between them or not.
 */
#ifndef PTE_TABLE_H
#define PTE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BIT(n)		(1UL << (n))
#define BIT_ULL(n)	(1ULL << (n))

enum pte_state {
	PTE_EMPTY,
	PTE_ZERO,
	PTE_KSM_ZERO,
	PTE_GUARD,
	PTE_SWAPPED,
	PTE_SWAPPED_UFFD_WP,
	PTE_PRESENT,
	PTE_SHARED,
	PTE_PINNED,
	PTE_UNREFERENCED,
	PTE_CLEAN,
	PTE_LAZYFREE,
	PTE_REDIRTIED,
	PTE_KSM,
	PTE_KSM_LONE,
	PTE_UFFD_WP,
	PTE_PMD_MAPPED,
	PTE_OTHER,
	NR_PTE_STATES,
};

/* The letter of each state. */
extern const char pte_letters[NR_PTE_STATES];

/* States that map a page of a folio, as a bit mask of BIT(enum pte_state). */
#define PTE_FOLIO_STATES							\
	(BIT(PTE_PRESENT) | BIT(PTE_SHARED) | BIT(PTE_PINNED) |			\
	 BIT(PTE_UNREFERENCED) | BIT(PTE_CLEAN) | BIT(PTE_LAZYFREE) |		\
	 BIT(PTE_REDIRTIED) | BIT(PTE_KSM) | BIT(PTE_KSM_LONE) |		\
	 BIT(PTE_UFFD_WP) | BIT(PTE_PMD_MAPPED))

#define PTE_SWAP_STATES		(BIT(PTE_SWAPPED) | BIT(PTE_SWAPPED_UFFD_WP))

/* States with data of the process, to be found again after whatever happens. */
#define PTE_DATA_STATES		(PTE_FOLIO_STATES | PTE_SWAP_STATES)

/* What the VMA is, beside private, anonymous and writable. */
enum vma_kind {
	VMA_READ_ONLY	= BIT(0),
	VMA_NO_ACCESS	= BIT(1),
	VMA_LOCKED	= BIT(2),
	VMA_DROPPABLE	= BIT(3),
	VMA_ARMED	= BIT(4),
};

struct pte {
	uint8_t state;		/* enum pte_state */
	uint8_t order;		/* of the folio that it maps */
	uint16_t index : 15;	/* of the page in that folio */
	uint16_t stray : 1;	/* maps another folio than its place says */
};

struct pte_table {
	unsigned int order;	/* of the range: the PMD order */
	unsigned int nr;	/* number of PTEs, 1 << order */
	unsigned int vma;	/* bit mask of enum vma_kind */
	struct pte pte[];
};

static inline bool pte_is(const struct pte *pte, unsigned long states)
{
	return states & BIT(pte->state);
}

/* Where and why a text is not in the notation. */
struct notation_error {
	size_t at;		/* offset in the text, in bytes */
	const char *why;
};

/* pte_table_alloc() - an empty table.
 * @order: order of the range; 2 up to 14
 * Return: the table, to be given to free(); NULL when out of memory.
 */
struct pte_table *pte_table_alloc(unsigned int order);

/* pte_table_copy() - make @to equal to @from; both have the same order. */
void pte_table_copy(struct pte_table *to, const struct pte_table *from);

/* pte_table_parse() - read a table from its notation.
 * @table: receives the result; its order says how many PTEs there must be
 * @text: the notation
 * @error: where to say what is wrong with @text
 * Return: 0, or -EINVAL with @error set and @table undefined.
 */
int pte_table_parse(struct pte_table *table, const char *text,
		    struct notation_error *error);

/* pte_table_format() - write the notation of a table, in its shortest form.
 * @table: the table
 * @buf: receives a string that pte_table_parse() reads back as @table
 * @size: of @buf in bytes
 * Return: its length; like snprintf(), @size or more if it was cut short.
 */
size_t pte_table_format(const struct pte_table *table, char *buf, size_t size);

/* pte_table_equal() - do two tables of the same order agree, in the VMA and every PTE? */
bool pte_table_equal(const struct pte_table *a, const struct pte_table *b);

/* pte_table_set_folio() - map pages of a folio by consecutive PTEs.
 * @table: the table to change
 * @offset: first PTE
 * @state: a state that maps a folio
 * @order: of the folio
 * @first: index of the first page in the folio
 * @nr: number of PTEs
 */
void pte_table_set_folio(struct pte_table *table, unsigned int offset,
			 enum pte_state state, unsigned int order,
			 unsigned int first, unsigned int nr);

/* pte_table_draw() - draw two tables above each other, repeated lines folded.
 * @expected: upper table
 * @seen: lower table, PTEs that differ marked below it; NULL to draw one only.
 *        A line in which they agree is drawn once.
 * @print: called for each line, without newline
 *
 * A PTE is the letter of its state; one that maps a large folio is the order
 * (in base 36) at the folio's first page, and '-' at the others.
 */
void pte_table_draw(const struct pte_table *expected, const struct pte_table *seen,
		    void (*print)(const char *line));

/* pte_table_orders() - bit mask of the orders of the large folios in a table. */
unsigned long pte_table_orders(const struct pte_table *table);

/* pte_equal() - do two PTEs tell the same? */
bool pte_equal(const struct pte *a, const struct pte *b);

/* pte_table_is_less() - is nothing worse with a collapse than that it did too little?
 * A PTE that is not as expected must be as it was before; or part of a folio that is larger
 * than before and smaller than was expected; or swapped in by a try that came to nothing.
 * @orders: bit mask of the sizes that were on: folios that are new have one of them
 * @excused: for each PTE, whether it need not be as expected; NULL: all
 */
bool pte_table_is_less(const struct pte_table *before, const struct pte_table *expected,
		       const struct pte_table *seen, unsigned long orders,
		       const bool *excused);

/* pte_table_count() - number of PTEs in one of a set of states.
 * @states: bit mask of BIT(enum pte_state)
 */
unsigned int pte_table_count(const struct pte_table *table, unsigned long states);

#endif
