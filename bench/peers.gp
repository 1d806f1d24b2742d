# Medians of bench/plots side by side: out, data, n.
set terminal svg size 960,600 background "white"
set output out
set datafile separator "\t"
set datafile missing "-"
set style fill solid 0.7 noborder
set boxwidth 0.7
set xrange [-0.6:6.6]
set logscale y
set format y "%g"
set grid ytics
set xtics rotate by -30 nomirror
unset key
set multiplot layout 2,3 title n." programs; logarithmic, less is better"
array title[6] = ["memory of supervision, KiB", "the same with logs, KiB", \
    "cold start, ms", "stop, ms", "killed to new instance, us", \
    "one file changed or added, ms"]
do for [i = 1:6] {
	set title title[i]
	plot data using 0:(column(i + 1)):xticlabels(1) with boxes \
	    linecolor rgb "#4477aa"
}
unset multiplot
