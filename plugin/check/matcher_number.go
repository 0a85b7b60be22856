package check

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// comparators are the signs of matchers that compare numbers.
var comparators = map[string]string{
	isNumber: "==", greater: ">", greaterOrEqual: ">=", less: "<", lessOrEqual: "<=",
}

// compares says whether a number does as a comparator wants; known is false
// for one that is none.
func compares(have float64, comparator string, want, within float64) (ok, known bool) {
	switch comparator {
	case "==":
		return have == want, true
	case "!=":
		return have != want, true
	case ">":
		return have > want, true
	case ">=":
		return have >= want, true
	case "<":
		return have < want, true
	case "<=":
		return have <= want, true
	case "~":
		return math.Abs(have-want) <= within, true
	}
	return false, false
}

// toNumber is a value as a number: text may say one.
func toNumber(v any) (float64, error) {
	switch v := v.(type) {
	case float64:
		return v, nil
	case string, []any:
		s := strings.TrimSpace(toText(v))
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return 0, fmt.Errorf("%s is no number", quote(s))
		}
		return f, nil
	}
	return 0, fmt.Errorf("%s is no number", show(v))
}

func matchNumber(m Matcher, v any) (verdict, error) {
	have, err := toNumber(v)
	if err != nil {
		return verdict{}, err
	}
	want, err := toNumber(m.Want)
	if err != nil {
		return verdict{}, err
	}
	ok, _ := compares(have, comparators[m.Is], want, 0)
	return verdict{ok: ok}, nil
}

// matchNumerically takes a comparator, a number and, for "~", how far off.
func matchNumerically(m Matcher, v any) (verdict, error) {
	have, err := toNumber(v)
	if err != nil {
		return verdict{}, err
	}
	comparator, want, within, err := comparison(m.Want)
	if err != nil {
		return verdict{}, err
	}
	ok, _ := compares(have, comparator, want, within)
	return verdict{ok: ok}, nil
}

// comparison reads the argument of be-numerically.
func comparison(v any) (comparator string, want, within float64, err error) {
	items, _ := v.([]any)
	if len(items) < 2 || len(items) > 3 {
		return "", 0, 0, fmt.Errorf("wanted [comparator, number]")
	}
	comparator = toText(items[0])
	if want, err = toNumber(items[1]); err != nil {
		return "", 0, 0, err
	}
	if len(items) == 3 {
		within, err = toNumber(items[2])
	}
	_, known := compares(0, comparator, 0, 0)
	if !known || (comparator == "~") != (len(items) == 3) {
		return "", 0, 0, fmt.Errorf("wanted one of == != > >= < <=, or ~ with a third item")
	}
	return comparator, want, within, err
}

func numericallyString(v any) string {
	comparator, want, within, err := comparison(v)
	if err != nil {
		return show(v)
	}
	if comparator == "~" {
		return fmt.Sprintf("~ %s ± %s", showNumber(want), showNumber(within))
	}
	return comparator + " " + showNumber(want)
}
