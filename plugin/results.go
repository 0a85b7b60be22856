package plugin

import (
	"fmt"
	"io"
	"os"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// readResults reads a results.json. An error names the file.
func readResults(file string) (result.Run, error) { return readFile(file, result.Read) }

// readFile has a file read. An error names the file.
func readFile[T any](file string, read func(io.Reader) (T, error)) (T, error) {
	f, err := os.Open(file)
	if err != nil {
		var none T
		return none, err
	}
	defer f.Close() //nolint:errcheck // read only
	v, err := read(f)
	if err != nil {
		return v, fmt.Errorf("%s: %w", file, err)
	}
	return v, nil
}
