// Package report makes bytes of results: what the user sees at the end, and
// the files that are left for machines. Each renderer is a pure function of
// result.Run.
//
//	settings -> plan -> run -> results -> reports
//	                                      =======
//
// A new report is a file here and a line in the table of renderers.
package report
