# SPDX-License-Identifier: GPL-2.0
"""Why a kernel of Debian's that has the feature may skip a test. Any other reason is wrong."""
from log import SKIP

# The orders are those of all machines together, each has some of them; and what luck brings.
ANYWHERE = {
    "this machine has no anonymous folios of this order",
    "a range is one region of the PMD order",
    "MADV_COLLAPSE takes shared pages, too",
    "MADV_COLLAPSE does not ask which sizes are on",
    "the window was not hit often enough",
}
WITHOUT_UFFD_WP = {
    "no userfaultfd, or none that can write-protect",
    "no userfaultfd with write-protection",
    "the machine cannot set up all states",
}
# What an architecture lacks, or QEMU's machine of it.
BY_MACHINE = {
    "aarch64": {"this kernel has no soft-dirty bit"},
    "ppc64le": WITHOUT_UFFD_WP | {"the PMD order of this machine is below 8"},
    "s390x": WITHOUT_UFFD_WP | {
        "this kernel has no transparent huge pages",
        "no NUMA node is small enough to be used up",
        "no hugetlb page of PMD size is to be had on the node",
        "no two NUMA nodes with memory",
    },
}


def unexpected_skips(column):
    """Reasons of a column that its machine does not explain."""
    allowed = ANYWHERE | BY_MACHINE.get(column.machine.partition("-")[0], set())
    reasons = [log.nothing_because for log in column.logs] + \
              [test.reason for test in column.tests if test.verdict == SKIP]
    return [reason for reason in dict.fromkeys(filter(None, reasons)) if reason not in allowed]
