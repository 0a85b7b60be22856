package settings_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/schema"

	"github.com/drone-packages/drone-packages/plugin/settings"
)

const composeHead = `# Compose files

Written by ` + "`make generate`" + ` from ` + "`plugin/settings/compose_keys.go`" + `.

` + "`services: compose.yaml`" + ` (or ` + "`PLUGIN_SERVICES: compose.yaml`" + `) takes the services from a compose file of the workspace,
read by the specification's own reader. What a service here cannot be is an error with its line, all of it at once, and so
is a key that nobody knows.

- The first TCP port of ` + "`ports`, else of `expose`" + `, is the service's; nothing is published on the host.
- ` + "`healthcheck`" + ` is how it is seen to be ready: its test is run in the container, for start_period and retries times
  interval and timeout, at least once a second (start_interval may be shorter). Without a test it is the image's own
  health check, without any it is what is known of the service by its name, else its port.
- All services start at once: ` + "`depends_on`" + ` orders nothing, and its condition service_healthy is what ready is. A service
  that ends because another is not there yet is a fault: have it wait.
- All are on the machines' network, by name, by their networks' aliases, and by container_name.
- Variables (` + "`${NAME}`" + `) come from what ` + "`environment_from`" + ` names, else from ` + "`.env`" + ` beside the file, else from their default;
  one that has none is an error. A name without a value in ` + "`environment`" + ` is the step's variable, masked in logs.
- Files that it names are the workspace's; ` + "`configs`" + ` are put in before a service starts.

`

func TestComposeDocumentIsFresh(t *testing.T) {
	var taken, ignored, instead []string
	for _, key := range slices.Sorted(maps.Keys(settings.ComposeKeys)) {
		switch fate := settings.ComposeKeys[key]; fate {
		case settings.Below:
		case settings.Taken:
			taken = append(taken, "`"+key+"`")
		case settings.Ignored:
			ignored = append(ignored, "`"+key+"`")
		default:
			instead = append(instead, fmt.Sprintf("| `%s` | %s |\n", key, fate))
		}
	}
	text := composeHead + "Read: " + strings.Join(taken, ", ") + ".\n\n" +
		"Without effect here: " + strings.Join(ignored, ", ") + ", and what begins with `x-`.\n\n" +
		"An error, as is every other key:\n\n| key | instead |\n|---|---|\n" + strings.Join(instead, "")
	fresh(t, "../../docs/compose.md", text)
}

// A key of ours that the specification does not have is a slip of the pen.
func TestComposeKeysAreTheSpecifications(t *testing.T) {
	known := map[string]bool{"services.*.networks.[]": true, "services.*.configs.[]": true, "services.*.env_file.[]": true}
	for _, p := range schema.AttributePaths() {
		known[string(p)] = true
	}
	for key := range settings.ComposeKeys {
		if !known[key] {
			t.Errorf("%s is no key of compose files", key)
		}
	}
}
