package check

import (
	"reflect"
	"testing"
)

// Whatever is asked of packages is said in the words of each format. dpkg has a
// purge, after which nothing is asked of /run by itself.
func TestEveryDialectIsWhole(t *testing.T) {
	for format, open := range databases {
		words := reflect.ValueOf(open(machine{}).dialect())
		for i := range words.NumField() {
			name := words.Type().Field(i).Name
			if words.Field(i).String() == "" && (format != "deb" || name != "RunLeft") {
				t.Errorf("%s has no words for %s", format, name)
			}
		}
	}
}
