// Package distros is the catalogue: one file per release, one per family, all
// of it data. Adding a release is adding a file; `make generate` tells the
// documents.
//
// It stands at the start of the arrow, beside settings, and is read by plan:
//
//	settings -> plan -> run -> results -> reports
//	distros  ---^
package distros
