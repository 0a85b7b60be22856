// Package plugin puts the stages together and holds nothing else:
//
//	settings -> source -> plan -> run -> results -> reports
//
//	package   what it is                                        imports of ours
//	settings  what the user asked for                           check
//	source    the tree that is built, as data                   -
//	plan      what will be done, as data that prints            settings, source, check, distros
//	run       carries a plan out; the only one with goroutines  plan, engine, check, result
//	engine    the contract with a container host                -
//	check     questions inside a machine, and their agent       result
//	rpm, apk  files of these formats without a distro's tools   -
//	distros   what is known of each distro (not in here)        -
//	result    what happened; results.json                       -
//	report    result -> bytes                                   result
//	host      the CI systems that call us                       result
//
// To add a distro, add a file to distros. To add a family, a check, a report
// or an engine, see CONTRIBUTING.md.
package plugin
