# SPDX-License-Identifier: GPL-2.0
# Lines of a kernel log that mean a broken kernel. Of a console log only what was
# logged after the suite began: a driver's complaint at boot is not its doing.

BEGIN { on = 1 }
/@vm@ begin/ { on = 1; n = 0; next }
/BUG:|kernel BUG at|WARNING:|Oops|general protection fault|Bad rss-counter|Bad page|page dumped because|UBSAN:|rcu: INFO:|detected stall|blocked for more than|suspected memory leak/ {
	if (/^(<[0-9]+>)?\[ *[0-9]+\.[0-9]+\]/)
		found[++n] = $0
}
END {
	for (i = 1; i <= n; i++)
		print found[i]
}
