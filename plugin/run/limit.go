package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// timeout is the end of something that took too long, in the user's words.
type timeout struct {
	what  string
	after time.Duration
}

func (t *timeout) Error() string {
	return fmt.Sprintf("%s took longer than %s (timeout)", t.what, short(t.after))
}

// within does something that has a time limit; zero is none. Its error is a
// *timeout when that has run out, unless what was done has a verdict by then.
func within(ctx context.Context, what string, limit time.Duration, do func(context.Context) error) error {
	if limit <= 0 {
		return do(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, &timeout{what, limit})
	defer cancel()
	err := do(ctx)
	var late *timeout
	if err != nil && !decided(err) && errors.As(context.Cause(ctx), &late) {
		return late
	}
	return err
}

// decided says whether an error already says whose fault it is.
func decided(err error) bool {
	var failed *failure
	var faulty *fault
	return errors.As(err, &failed) || errors.As(err, &faulty)
}

// short is a duration as people write it: 30m, not 30m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// causeOf is why a context ended, in words for the user.
func causeOf(ctx context.Context) error {
	cause := context.Cause(ctx)
	if cause == context.Canceled { //nolint:errorlint // a signal is one too, and has its own words
		return errors.New("cancelled")
	}
	return cause
}
