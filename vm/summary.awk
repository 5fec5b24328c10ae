# SPDX-License-Identifier: GPL-2.0
# A screenful about a run, from the console log that run.sh or native.sh wrote.
# Exits as the output deserves: 0, 1, or 4 if every test was skipped.

function cut(text)
{
	return length(text) > 110 ? substr(text, 1, 107) "..." : text
}

function more(n, shown)
{
	return n > shown ? sprintf(" and %d more", n - shown) : ""
}

sub(/^.*@vm@ begin /, "") && state == "" {
	kernel = $0
	state = "run"
	next
}
state == "run" && /@vm@ exit [0-9]+$/ {
	state = "log"
	next
}
/^@vm@ seconds / {
	boot = $4
	run = $6
	next
}
sub(/^@vm@ verdict /, "") {
	verdict = $0
	next
}
state != "run" {
	next
}
/(^|[ \r])K?TAP version / {
	is_ktap = 1
}
/^1\.\.[0-9]+/ {
	planned += substr($1, 4)
}
/^# figures: / {
	if (nfigures < 4)
		figures[++nfigures] = substr($0, 12)
}
sub(/^# the same again: \.\/mthp_explore /, "") {
	again = $0
}
sub(/^# replay: +\.\/mthp_explore /, "") {
	cases[++ncases] = $0
}
/^(not )?ok( |$)/ {
	ran++
	name = $0
	bad = sub(/^not ok */, "", name)
	sub(/^ok */, "", name)
	sub(/^[0-9]+ */, "", name)
	sub(/^- /, "", name)
	reason = name
	if (sub(/^.*# *SKIP */, "", reason) && !bad) {
		skipped++
		if (reason == "")
			reason = "no reason given"
		if (!(reason in skips))
			reasons[++nreasons] = reason
		skips[reason]++
	} else if (bad) {
		sub(/ *#.*/, "", name)
		failed++
		failures[failed] = name
	} else if (name ~ /# *XFAIL/) {
		xfailed++
	} else {
		passed++
	}
}

END {
	print ""
	print "Kernel:  " (kernel == "" ? "did not come up" : kernel)
	if (is_ktap) {
		printf "Tests:   %d passed, %d failed, %d skipped, %d xfailed", passed, failed, skipped, xfailed
		if (planned > ran)
			printf "; %d of %d did not report", planned - ran, planned
		print ""
	}
	if (verdict != "")
		print "Trouble: " cut(verdict)
	for (i = 1; i <= failed && i <= 5; i++)
		print (i == 1 ? "Failed:  " : "         ") cut(failures[i]) (i == 5 ? more(failed, 5) : "")
	for (i = 1; i <= nreasons && i <= 5; i++)
		print (i == 1 ? "Skipped: " : "         ") cut(skips[reasons[i]] " x " reasons[i]) \
			(i == 5 ? more(nreasons, 5) : "")
	for (i = 1; i <= nfigures; i++)
		print (i == 1 ? "Figures: " : "         ") cut(figures[i])
	print "Time:    " (boot > 0 ? "boot " boot " s, " : "") "suite " run + 0 " s"
	print "Logs:    " ktap
	print "         " console
	if (failed && ncases)
		print "Replay:  " replay " ARGS=\"" cases[1] "\""
	else if (failed && again != "")
		print "Replay:  " replay " ARGS=\"" again "\""
	else if (failed)
		print "Replay:  " replay " TESTS=" failures[1]

	if (is_ktap && (failed || ran < planned || !ran))
		exit 1
	if (is_ktap && !passed && !xfailed)
		exit 4
}
