#!/usr/bin/env bats
# The alert rules and the dashboard of examples/monitoring: correct, and about
# metrics that exist.

load helper

@test "the rules are correct, and fire when they should" {
	needs_commands promtool
	cd "$TOP/examples/monitoring"
	run -0 promtool check rules hupd.rules.yml
	run -0 promtool test rules hupd.rules.test.yml
	# Each has a case.
	diff <(sed -n 's/^ *- alert: //p' hupd.rules.yml | sort) \
	    <(grep -A 1 'eval_time: 70m' hupd.rules.test.yml |
		sed -n 's/^ *alertname: //p' | sort)
}

@test "each metric of the rules and the dashboard exists" {
	sleeper web
	hupd_start
	ctl metrics >"$T/metrics"
	python3 - "$T/metrics" "$TOP/examples/monitoring" <<-'E'
	import json, re, sys
	metrics = set()
	for line in open(sys.argv[1]):
	    if line.startswith('# TYPE '):
	        _, _, name, kind = line.split()
	        metrics.add(name + ('_total' if kind == 'counter' else ''))
	assert 'hupd_up' in metrics and 'hupd_reloads_total' in metrics, metrics
	dashboard = json.load(open(sys.argv[2] + '/dashboard.json'))
	used = json.dumps([dashboard['panels'], dashboard['templating']])
	for name in 'hupd.rules.yml', 'hupd.rules.test.yml':
	    text = open(f'{sys.argv[2]}/{name}').read()
	    used += re.sub('#.*', '', text)
	names = set(re.findall(r'\bhupd_[a-z_]+', used))
	assert len(names) > 10 and names <= metrics, names - metrics
	assert len({p['id'] for p in dashboard['panels']}) == len(dashboard['panels'])
	E
}
