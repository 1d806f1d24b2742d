# The protection of the binaries of a plain "make" against overflows.
load helper

@test "a plain make hardens both binaries" {
	local binary
	for binary in "$HUPD" "$HUPCTL"; do
		readelf -hW "$binary" | grep 'Type: .*DYN'
		readelf -dW "$binary" | grep -E 'BIND_NOW|FLAGS.*NOW'
		readelf -lW "$binary" | grep GNU_RELRO
		readelf -sW --dyn-syms "$binary" | grep __stack_chk_fail
		[[ $HUPD_BUILD = */san ]] ||
		    readelf -sW --dyn-syms "$binary" | grep -E '__[a-z]+_chk'
	done
}
