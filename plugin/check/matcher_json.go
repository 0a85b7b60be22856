package check

import (
	"errors"
	"fmt"

	"github.com/tidwall/gjson"
)

// matchJSON wants the values at all paths to match, and tells of the first
// that does not.
func matchJSON(m Matcher, v any) (verdict, error) {
	have := toText(v)
	if !gjson.Valid(have) {
		return verdict{}, errors.New("it is no JSON")
	}
	for i, path := range m.Keys {
		value := gjson.Get(have, path)
		if !value.Exists() {
			return verdict{}, fmt.Errorf("there is nothing at %s", quote(path))
		}
		got, err := m.Of[i].match(value.Value())
		if err != nil || !got.ok {
			return verdict{expected: path + ": " + got.expected, found: path + ": " + got.found}, err
		}
	}
	return verdict{ok: true}, nil
}
