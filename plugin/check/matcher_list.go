package check

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// elements are the items of a list, the lines of text, or the values of a
// mapping.
func elements(v any) ([]any, error) {
	switch v := v.(type) {
	case []any:
		return v, nil
	case nil:
		return nil, nil
	case string:
		return plain(lines(v)).([]any), nil
	case map[string]any:
		var items []any
		for _, key := range slices.Sorted(maps.Keys(v)) {
			items = append(items, v[key])
		}
		return items, nil
	}
	return nil, fmt.Errorf("%s is no list", show(v))
}

// matchElement tells which element it was.
func matchElement(m Matcher, v any) (verdict, error) {
	items, err := elements(v)
	if err != nil {
		return verdict{}, err
	}
	var errs []error
	for _, item := range items {
		got, err := m.Of[0].match(item)
		if err == nil && got.ok {
			return verdict{ok: true, found: show(item)}, nil
		}
		errs = append(errs, err)
	}
	for _, err := range slices.Backward(errs) {
		if err != nil {
			return verdict{}, err
		}
	}
	return verdict{}, nil
}

// matchElements wants an element of its own for each matcher, and for
// consist-of no other.
func matchElements(m Matcher, v any) (verdict, error) {
	items, err := elements(v)
	if err != nil {
		return verdict{}, err
	}
	missing, extra := assign(m.Of, items)
	if len(missing) == 0 && (m.Is == containElements || len(extra) == 0) {
		return verdict{ok: true}, nil
	}
	found := show(items)
	if len(items) == 0 {
		found = "an empty list"
	}
	if len(missing) > 0 {
		found += ", without " + joinMatchers(missing, ", ")
	}
	if len(extra) > 0 && m.Is == consistOf {
		found += ", with " + showItems(extra)
	}
	return verdict{found: found}, nil
}

// assign gives as many matchers as can be an element each: a matching in a
// bipartite graph, by augmenting paths. It returns what is left over.
func assign(of []Matcher, items []any) (missing []Matcher, extra []any) {
	g := pairing{of: of, items: items, owner: make([]int, len(items))}
	for i := range g.owner {
		g.owner[i] = -1
	}
	for i, m := range of {
		if !g.place(i, make([]bool, len(items))) {
			missing = append(missing, m)
		}
	}
	for i, item := range items {
		if g.owner[i] < 0 {
			extra = append(extra, item)
		}
	}
	return missing, extra
}

// pairing is a matching of matchers and items in the making.
type pairing struct {
	of    []Matcher
	items []any
	// owner of each item, an index of of; -1: none yet.
	owner []int
}

// place finds an item for a matcher, moving others if that helps.
func (g pairing) place(matcher int, tried []bool) bool {
	for i, item := range g.items {
		if tried[i] {
			continue
		}
		got, err := g.of[matcher].match(item)
		if err != nil || !got.ok {
			continue
		}
		tried[i] = true
		if g.owner[i] < 0 || g.place(g.owner[i], tried) {
			g.owner[i] = matcher
			return true
		}
	}
	return false
}

// matchLen counts items, or the bytes of text.
func matchLen(m Matcher, v any) (verdict, error) {
	n := 0
	switch v := v.(type) {
	case string:
		n = len(v)
	case []any:
		n = len(v)
	case map[string]any:
		n = len(v)
	default:
		return verdict{}, fmt.Errorf("%s has no length", show(v))
	}
	return verdict{ok: float64(n) == m.Want, found: fmt.Sprintf("length %d: %s", n, show(v))}, nil
}

var errNoMapping = errors.New("it is no mapping")

func matchKey(m Matcher, v any) (verdict, error) {
	mapping, ok := v.(map[string]any)
	if !ok {
		return verdict{}, errNoMapping
	}
	var failure error
	for _, key := range slices.Sorted(maps.Keys(mapping)) {
		got, err := m.Of[0].match(key)
		if err == nil && got.ok {
			return verdict{ok: true}, nil
		}
		failure = err
	}
	return verdict{}, failure
}

// matchKeys wants all pairs, and tells of the first that is not there.
func matchKeys(m Matcher, v any) (verdict, error) {
	mapping, ok := v.(map[string]any)
	if !ok {
		return verdict{}, errNoMapping
	}
	for i, key := range m.Keys {
		value, there := mapping[key]
		if !there {
			return verdict{expected: "a key " + quote(key)}, nil
		}
		got, err := m.Of[i].match(value)
		if err != nil || !got.ok {
			return verdict{expected: key + ": " + got.expected, found: key + ": " + got.found}, err
		}
	}
	return verdict{ok: true}, nil
}

// matchEqual compares by value: lists by their items, in order.
func matchEqual(m Matcher, v any) (verdict, error) { return verdict{ok: same(v, m.Want)}, nil }

func same(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, same)
	}
	return a == b
}
