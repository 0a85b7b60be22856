package settings

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
)

var (
	label   = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	address = regexp.MustCompile(`^(\d+)(/\S*)?$`)
)

// forms say what is wanted of a text, by a field's tag form; empty when it is
// that.
var forms = map[string]func(string) string{
	"port":     wantPort,
	"host":     wantHost,
	"address":  wantAddress,
	"pattern":  wantPattern,
	"path":     wantPath,
	"date":     wantDate,
	"platform": wantPlatform,
}

var platform = regexp.MustCompile(`^linux/[a-z0-9]+(/[a-z0-9]+)?$`)

func wantPlatform(text string) string {
	if !platform.MatchString(text) {
		return "a platform, such as linux/arm64"
	}
	return ""
}

func wantPort(text string) string {
	if port, err := strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
		return "a port, 1 to 65535"
	}
	return ""
}

func wantHost(text string) string {
	for part := range strings.SplitSeq(text, ".") {
		if wantLabel(part) != "" {
			return "a host's name, such as db-1 or db.example"
		}
	}
	return ""
}

// wantLabel is for what names a service on the machines' network.
func wantLabel(text string) string {
	if !label.MatchString(text) {
		return "a name of letters, digits and inner dashes, such as db-1, 63 at most"
	}
	return ""
}

func wantAddress(text string) string {
	parts := address.FindStringSubmatch(text)
	if parts == nil || wantPort(parts[1]) != "" {
		return "PORT/PATH, such as 8080/health"
	}
	return ""
}

// wantPattern compiles what is matched with the lines of a log.
func wantPattern(text string) string {
	_, err := regexp.Compile("(?m)" + text)
	var wrong *syntax.Error
	if errors.As(err, &wrong) {
		return fmt.Sprintf("a regular expression (%s)", wrong.Code)
	}
	return ""
}

func wantPath(text string) string {
	if !path.IsAbs(text) || path.Clean(text) != text || text == "/" {
		return "an absolute path, such as /etc/app.conf"
	}
	return ""
}
