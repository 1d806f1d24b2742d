#!/usr/bin/env bats
# reproducible.bats - packages that are built again are the same.

bats_require_minimum_version 1.5.0
export HOW=reproducible
load helper

# Some variations do not work everywhere that this runs.
@test "row 20: reprotest finds the same package built in other ways" {
	unpack_source "$BATS_TEST_TMPDIR/hupd"
	cd "$BATS_TEST_TMPDIR"
	reprotest --vary=-fileordering,-domain_host,-user_group,-aslr \
	    --vary=-num_cpus,-kernel,-time auto hupd -- null
}

@test "row 22: the rpm is the same when it is built again, elsewhere" {
	unpack_source "$BATS_TEST_TMPDIR/hupd"
	make -s -C "$BATS_TEST_TMPDIR/hupd" rpm
	cmp "$RPM" "$BATS_TEST_TMPDIR/hupd/build/${RPM##*/}"
}
