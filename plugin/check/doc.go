// Package check asks questions inside a test machine and answers them there.
// The same static binary is controller and agent: the controller copies
// itself in and runs
//
//	drone-packages agent < request.json > answers.jsonl
//
// where the request is one JSON Request and the answers are one JSON Answer a
// line, streamed as they come, the last one saying that it is the last:
//
//	{"check":{"kind":"service","subject":"greeterd.service","attribute":"active","outcome":"passed"}}
//	{"end":true}
//
// An exit code of 0 without that end is not believed: the machine died.
//
// On the arrow it stands beside run; the questions are data in the plan:
//
//	settings -> plan -> run -> results -> reports
//	                     |
//	                   check (agent)
//
// Beside what every package promises there is what its users want to hold, in
// the vocabulary of goss: LoadSpec and ParseSpec read it, docs/checks.md says
// it, and table.go is what both are made of. The question is Checks:
//
//	spec, errs := check.LoadSpec("checks.yml", text, vars)
//	check.Request{Question: check.Checks, Spec: &spec, Moment: check.AfterInstall}
//
// The package links no container client; a test holds that.
package check
