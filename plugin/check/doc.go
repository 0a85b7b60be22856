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
// The package links no container client; a test holds that.
package check
