package check

import "context"

func (a *agent) lookMatching(_ context.Context, t Test) facts {
	value := t.Options["content"]
	if t.flag("as-reader") {
		value = toText(value)
	}
	return facts{found: map[string]func() (any, error){"matches": constant(value)}}
}
