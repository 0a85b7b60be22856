package report_test

import (
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// A distro that could not be tested for want of a service did not pass, and
// services are no distros.
func TestAServiceThatIsNotThereShowsInTheDistrosThatNeedIt(t *testing.T) {
	var b strings.Builder
	err := report.Console(&b, result.Run{Jobs: []result.Job{
		{Name: "services/redis:8", Kind: "service", Distro: "services", Package: "redis", Outcome: result.Fault, Reason: "no such image", Log: "services/service-redis.log"},
		{Name: "debian-12/build/x", Kind: "build", Distro: "debian-12", Package: "x", Outcome: result.Passed, Phases: []result.Phase{{Name: "build", Outcome: result.Passed}}},
		{Name: "debian-12/test", Kind: "test", Distro: "debian-12", Outcome: result.Skipped, Reason: "not reached: services/redis:8 fault"},
	}}, report.Style{})
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(b.String(), "\n")[1:3]
	at := strings.Index(rows[0], "services")
	if at < 0 || !strings.HasPrefix(rows[1], "debian-12") || !strings.Contains(rows[1], "⚡") {
		t.Errorf("the grid:\n%s", strings.Join(rows, "\n"))
	}
	if strings.Contains(b.String(), "\nservices") {
		t.Error("services have a row")
	}
	for _, words := range []string{"⚡ services redis service: no such image", "services/service-redis.log", "1 with a fault in"} {
		if !strings.Contains(b.String(), words) {
			t.Errorf("it does not say %q:\n%s", words, b.String())
		}
	}
}
