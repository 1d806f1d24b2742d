# Medians of bench/scale: out, data.
set terminal svg size 720,480 background "white"
set output out
set datafile separator "\t"
set datafile missing "-"
set logscale xy
set xlabel "programs"
set ylabel "ms"
set key left top
plot data using 1:2 with linespoints title "start", \
    data using 1:3 with linespoints title "reload of one", \
    data using 1:4 with linespoints title "stop", \
    data using 1:5 with linespoints title "status"
