// SPDX-License-Identifier: GPL-2.0
/*
 * What khugepaged and MADV_COLLAPSE make of anonymous memory, as a specification.
 *
 * Each test states PTE tables and what must become of them, in the notation of
 * pte_table.h; the model (collapse_model.c) has to agree before the kernel is
 * asked. nr is the number of PTEs of a region, NR of the whole range.
 */
#include "suite_fixtures.h"

#include "test_order.h"
#include "test_occupancy.h"
#include "test_veto.h"
#include "test_region.h"
#include "test_sharing.h"
#include "test_vma.h"
#include "test_madvise.h"
#include "test_inplace.h"
#include "test_memory.h"
#include "test_creep.h"
#include "test_failure.h"

SUITE_MAIN
