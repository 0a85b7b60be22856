// Package result says what happened, as values. It is filled by run, read by
// report, and published as results.json, whose schema is docs/results.schema.json.
//
//	settings -> plan -> run -> results -> reports
//	                           =======
//
// It imports nothing but the standard library.
package result
