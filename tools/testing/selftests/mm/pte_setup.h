/* SPDX-License-Identifier: GPL-2.0 */
/* Make memory look like a PTE table. */
#ifndef PTE_SETUP_H
#define PTE_SETUP_H

#include "range.h"

/* pte_setup() - map memory as the tables say, with data in each page.
 * @area: mapped, its ranges with all members set; receives the child that shares
 *        pages, the userfaultfd, the pins, as they are needed
 * @error: says why it failed
 *
 * The tables may hold any state that is not only to be seen, and folios off their
 * natural alignment if all large folios of the range are off by the same number of
 * pages. PTEs that userfaultfd protects need an armed VMA.
 *
 * Leaves the VMAs as MADV_NOHUGEPAGE where folios were needed and without advice
 * elsewhere, and the settings changed where folios were needed: folios come from
 * page faults with one size on.
 *
 * Return: 0; -EOPNOTSUPP for a table that cannot be set up, or not on this machine,
 * which @error tells apart; another negative errno. Does not verify: pte_read_back()
 * does.
 */
int pte_setup(const struct vm_geometry *vm, struct range_area *area,
	      struct setup_error *error);

/* pte_setup_folios(), pte_setup_pages() - the two halves of pte_setup().
 *
 * The first changes the settings and makes the large folios, no more. The second leaves
 * the settings alone, and may run while khugepaged works for others.
 *
 * Return: as pte_setup(). After an error of either, only range_area_unmap() is left.
 */
int pte_setup_folios(const struct vm_geometry *vm, struct range_area *area,
		     struct setup_error *error);
int pte_setup_pages(const struct vm_geometry *vm, struct range_area *area,
		    struct setup_error *error);

/* pte_setup_share() - fork a child that maps the pages that are to be shared, and only
 * those, until range_area_unshare().
 * @area: has no such child yet; receives it
 * Return: 0 or a negative errno, with @error filled in.
 */
int pte_setup_share(const struct vm_geometry *vm, struct range_area *area,
		    struct setup_error *error);

/* pte_setup_split() - let PTEs map a PMD folio; the folio stays.
 * @start: of its range, readable and writable
 * Return: 0 or a negative errno.
 */
int pte_setup_split(const struct vm_geometry *vm, char *start);

#endif
