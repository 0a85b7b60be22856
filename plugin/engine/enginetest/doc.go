// Package enginetest has what tests of engines and of their callers want: a
// [Fake] that is scripted by data, and the [Suite] that asks every sentence of
// the contract of any engine, the fake included.
//
//	settings -> plan -> run -> results -> reports
//	                     |
//	                   engine <- enginetest
//
// A caller's test scripts what commands do, and reads what was asked:
//
//	f := &enginetest.Fake{Rules: []enginetest.Rule{{Match: "dpkg-buildpackage", Stderr: "error: …", Code: 2}}}
//	… run something on f …
//	if diff := cmp.Diff(want, f.Journal()); diff != "" { … }
package enginetest
