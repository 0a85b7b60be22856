package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// Labels of images that we make, beside engine.LabelImage.
const (
	// LabelRecipe is the plan's Cache.Key, or the digest of a bootstrap.
	LabelRecipe = "io.drone-packages.recipe"
	// LabelSeconds is how long it took to make: what a later run saves.
	LabelSeconds = "io.drone-packages.seconds"
)

// baseImage comes by a distro's base image: what is here, else a registry,
// else a bootstrap; as the plan's policy says.
func (j *job) baseImage(ctx context.Context) {
	err := within(ctx, "coming by the base image", j.Timeout, func(ctx context.Context) error {
		if err := j.runs(ctx, j.Platform); err != nil {
			return err
		}
		image, err := j.findBase(ctx)
		if err == nil {
			j.keepImage(image)
		}
		return err
	})
	if err != nil {
		j.faultAround(ctx, err)
		return
	}
	j.res.Outcome = result.Passed
}

func (j *job) keepImage(image engine.Image) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.images[j.Name] = image
}

func (j *job) findBase(ctx context.Context) (engine.Image, error) {
	b := j.Base
	if b.Ref == "" {
		return j.bootstrap(ctx, *b.Bootstrap)
	}
	image, err := j.fromRegistry(ctx)
	if err == nil || b.Bootstrap == nil || ctx.Err() != nil {
		return image, err
	}
	if errors.Is(err, engine.ErrUnauthorized) && j.login() != nil {
		return image, err
	}
	j.say("no image from a registry (%v): made from the distro's mirror instead", err)
	made, bootErr := j.bootstrap(ctx, *b.Bootstrap)
	if bootErr != nil {
		return made, fmt.Errorf("%w; and from the mirror: %w", err, bootErr)
	}
	return made, nil
}

// fromRegistry is the image that is here or in the registry.
func (j *job) fromRegistry(ctx context.Context) (engine.Image, error) {
	b := j.Base
	// Of two platforms one has the name at a time.
	release, err := j.hold(ctx, b.Ref)
	if err != nil {
		return engine.Image{}, err
	}
	defer release()
	if b.Pull != "always" {
		found, err := j.engine.Find(ctx, b.Ref, nil)
		if err != nil {
			return engine.Image{}, err
		}
		for _, image := range found {
			if image.Platform == j.Platform {
				j.say("base image %s is here", b.Ref)
				j.res.Cached = true
				return image, nil
			}
		}
	}
	if b.Pull == "never" {
		return engine.Image{}, fmt.Errorf("image %s is not here, and pull: never: load it, or allow pull: if-not-exists: %w", b.Ref, engine.ErrNoImage)
	}
	j.say("pulling %s", b.Ref)
	image, err := j.pull(ctx, engine.Pull{Ref: b.Ref, Platform: j.Platform, Login: j.login()})
	if err != nil {
		return image, fmt.Errorf("pull %s: %w", b.Ref, err)
	}
	return image, nil
}

// login is the settings' user, where it is the base image's registry's.
func (j *job) login() *engine.Login {
	if !j.Base.Login {
		return nil
	}
	return j.o.Login
}

// bootstrap makes the base image from the distro's mirror, once.
func (j *job) bootstrap(ctx context.Context, b plan.Bootstrap) (engine.Image, error) {
	ref, key := BootstrapRef(j.Distro, b, j.Platform)
	if image, ok := j.find(ctx, ref); ok {
		return image, nil
	}
	begin := j.o.Now()
	j.say("%s: %s from its mirror", b.Tool, b.Suite)
	rootfs, err := j.o.Bootstrap(ctx, b, j.Platform, j.log)
	j.log.flush()
	if err != nil {
		return engine.Image{}, fmt.Errorf("bootstrap %s: %w", b.Suite, err)
	}
	labels := j.imageLabels("base", key, result.Span(j.o.Now().Sub(begin)))
	defer rootfs.Close() //nolint:errcheck // read only, and the engine may have closed it
	t := j.moves("importing "+b.Suite, sizeOf(rootfs))
	image, err := j.engine.Import(ctx, ref, j.Platform, labels, t.counting(rootfs))
	t.begun = begin
	text := j.moved(t)
	if err == nil {
		j.say("made %s: %s", b.Suite, text)
	}
	return image, err
}

// BootstrapRef is what an image that was made from a mirror is called, and the
// digest of how.
func BootstrapRef(distro string, b plan.Bootstrap, platform string) (ref, key string) {
	key = hashOf(fmt.Sprintf("%+v %s", b, platform))
	return "drone-packages/base:" + distro + "-" + key, key
}

// find is a cached image of ours, and counts what it saves.
func (j *job) find(ctx context.Context, ref string) (engine.Image, bool) {
	found, err := j.engine.Find(ctx, ref, nil)
	if err != nil || len(found) == 0 {
		return engine.Image{}, false
	}
	saved, err := strconv.ParseFloat(found[0].Labels[LabelSeconds], 64)
	if err == nil {
		j.res.Saved = result.Seconds(saved)
	}
	j.res.Cached = true
	return found[0], true
}

func (j *job) imageLabels(kind, key string, took result.Seconds) map[string]string {
	return map[string]string{
		engine.LabelImage: kind, LabelRecipe: key,
		LabelSeconds: strconv.FormatFloat(float64(took), 'f', 1, 64),
	}
}

// cacheRef names the image of a job by its content: the image it is made
// from, and the recipe.
func (j *job) cacheRef() string {
	j.mu.Lock()
	from := j.images[j.From].ID
	j.mu.Unlock()
	return fmt.Sprintf("drone-packages/%s:%s-%s", j.Kind, j.Distro, hashOf(from+" "+j.Cache.Key))
}

// alone waits until no other job makes the same image: what it then finds
// need not be made again.
func (j *job) alone(ctx context.Context) (release func(), err error) {
	if j.Cache == nil {
		return func() {}, nil
	}
	return j.hold(ctx, j.cacheRef())
}

// hold waits until nobody else makes or pulls what a reference names.
func (r *runner) hold(ctx context.Context, ref string) (release func(), err error) {
	r.mu.Lock()
	if r.making == nil {
		r.making = map[string]chan struct{}{}
	}
	if r.making[ref] == nil {
		r.making[ref] = make(chan struct{}, 1)
	}
	made := r.making[ref]
	r.mu.Unlock()
	select {
	case made <- struct{}{}:
		return func() { <-made }, nil
	case <-ctx.Done():
		return nil, causeOf(ctx)
	}
}

// fromCache ends a job whose image has been made before.
func (j *job) fromCache(ctx context.Context) bool {
	if j.Cache == nil {
		return false
	}
	image, ok := j.find(ctx, j.cacheRef())
	if !ok {
		j.say("%s: not cached for this base image and recipe", j.Cause)
		return false
	}
	j.keepImage(image)
	j.res.Outcome = result.Passed
	j.say("%s from cache (saves about %.0fs)", j.Cache.Holds, float64(j.res.Saved))
	return true
}

// commit makes the job's image of its container, where it has one to make.
func (j *job) commit(ctx context.Context) {
	if j.Cache == nil || j.res.Outcome != result.Passed {
		return
	}
	var took result.Seconds
	for _, p := range j.res.Phases {
		took += p.Duration
	}
	err := within(ctx, "it", j.Timeout, func(ctx context.Context) error {
		image, err := j.engine.Commit(ctx, j.id, j.cacheRef(), j.imageLabels(string(j.Kind), j.Cache.Key, took))
		if err == nil {
			j.keepImage(image)
		}
		return err
	})
	if err != nil {
		j.faultAround(ctx, fmt.Errorf("commit the %s image: %w", j.Kind, err))
	}
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:16]
}

// BootstrapHere makes a root file system with the plan's tool on the machine
// we run on. The mirror, unless one is set, is the tool's own default or what
// the machine's package manager is configured with.
func BootstrapHere(ctx context.Context, b plan.Bootstrap, platform string, log io.Writer) (io.ReadCloser, error) {
	tool, err := exec.LookPath(b.Tool)
	if err != nil {
		return nil, fmt.Errorf("%s is not installed here: install it, use the plugin's image, or reach a registry", b.Tool)
	}
	dir, err := os.MkdirTemp("", "drone-packages-bootstrap-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the file below stays open
	file := filepath.Join(dir, "rootfs.tar")
	cmd := exec.CommandContext(ctx, tool, bootstrapArgs(b, platform, file)...)
	cmd.Stdout, cmd.Stderr = log, log
	// It has children, which hold its output: they end with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w", b.Tool, err)
	}
	return os.Open(file)
}

// bootstrapArgs names no mode: where we are root in a container without rights,
// mmdebstrap's own choice goes on without mounts and makes the same tree.
func bootstrapArgs(b plan.Bootstrap, platform, file string) []string {
	args := []string{"--variant=minbase"}
	if _, arch, ok := strings.Cut(platform, "/"); ok {
		args = append(args, "--architectures="+arch)
	}
	if len(b.Components) > 0 {
		args = append(args, "--components="+strings.Join(b.Components, ","))
	}
	if b.Keyring != "" {
		args = append(args, "--keyring="+filepath.Join("/usr/share/keyrings", b.Keyring))
	}
	if !b.CheckValidUntil {
		args = append(args, `--aptopt=Acquire::Check-Valid-Until "false"`)
	}
	args = append(args, b.Suite, file)
	if b.Mirror != "" {
		args = append(args, b.Mirror)
	}
	return args
}
