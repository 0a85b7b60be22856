// Package plan decides what will be done, as data that prints. It is pure: no
// I/O, no clock, no goroutine; the same input gives the same plan, and what
// is decided carries its cause in words.
//
//	settings -> plan -> run -> results -> reports
//	            ====
//
// A plan is a graph of jobs, a job is a list of phases, a phase is a list of
// steps of a closed set:
//
//	p, err := plan.New(plan.Input{Settings: s, Source: tree, Distros: d, …})
//	fmt.Println(p)          // what the user sees before anything starts
//	fmt.Println(p.Detail()) // every step, with its cause
package plan
