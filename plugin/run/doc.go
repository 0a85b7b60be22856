// Package run carries out a plan on an engine and says what happened. It
// decides nothing: which step follows which is the plan's, what an outcome
// means is the result's. It is the only package that starts goroutines, and
// each of them is joined before Run returns.
//
//	settings -> plan -> run -> results -> reports
//	                    ===
//
//	happened, err := run.Run(ctx, p, engine, run.Options{…})
//
// walk.go orders jobs, job.go does one, step.go holds one function for each
// kind of step, image.go comes by images, console.go is what the user sees
// meanwhile, log.go what is left of it, digest.go makes a problem of a log.
package run
