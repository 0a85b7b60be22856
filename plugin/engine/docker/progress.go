package docker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/docker/docker/pkg/jsonmessage"
)

// follow reads the daemon's messages to their end, which has to be done for
// its work to be done. Their error comes inside the stream, under status 200.
func follow(stream io.Reader, progress func(string)) error {
	layers := map[string]bool{}
	messages := json.NewDecoder(stream)
	for {
		var m jsonmessage.JSONMessage
		err := messages.Decode(&m)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the daemon's messages: %w", err)
		}
		if m.Error != nil {
			return m.Error
		}
		if text := count(layers, m); text != "" && progress != nil {
			progress(text)
		}
	}
}

// count keeps the books of which layers are done, and says so in words when
// one more is.
func count(layers map[string]bool, m jsonmessage.JSONMessage) string {
	switch m.Status {
	case "Pulling fs layer", "Waiting":
		layers[m.ID] = false
	case "Pull complete", "Already exists":
		layers[m.ID] = true
		return fmt.Sprintf("%d of %d layers", done(layers), len(layers))
	}
	return ""
}

func done(layers map[string]bool) int {
	n := 0
	for _, complete := range layers {
		if complete {
			n++
		}
	}
	return n
}
