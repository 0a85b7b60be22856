// Package source reads the tree that is built, once, as data: which files
// belong to it, which packages it holds, what git says it is. The plan works
// on that data and stays pure; the run streams the same files to every build.
//
//	settings -> source -> plan -> run -> results -> reports
//	            ======
//
//	checkout, err := source.Open(ctx, source.Options{Source: ".", Exclude: patterns})
//	defer checkout.Close()
//	err = checkout.WriteTar(w)
package source
