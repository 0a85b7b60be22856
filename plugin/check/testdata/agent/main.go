// Command agent is the smallest program around check.Serve, for the tests.
package main

import (
	"context"
	"log"
	"os"

	"github.com/drone-packages/drone-packages/plugin/check"
)

func main() {
	if err := check.Serve(context.Background(), os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}
