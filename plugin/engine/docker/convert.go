package docker

import (
	"archive/tar"
	"bytes"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/system"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

func hostOf(info system.Info, v types.Version, api string) engine.Host {
	name := "docker"
	for _, c := range v.Components {
		if strings.Contains(strings.ToLower(c.Name), "podman") {
			name = "podman"
		}
	}
	has := func(option string) bool {
		return slices.ContainsFunc(info.SecurityOptions, func(s string) bool { return strings.HasPrefix(s, "name="+option) })
	}
	return engine.Host{
		Name: name, Version: dropBuild(v.Version), API: api, Platform: v.Os + "/" + v.Arch,
		OS: info.OperatingSystem, CPUs: info.NCPU, Memory: info.MemTotal, Cgroup: info.CgroupVersion,
		AppArmor: has("apparmor"), SELinux: has("selinux"), Rootless: has("rootless"), UserNS: has("userns"),
	}
}

// dropBuild is 20.10.24 for 20.10.24+dfsg1.
func dropBuild(version string) string {
	v, _, _ := strings.Cut(version, "+")
	return v
}

func containerConfig(g engine.Group, s engine.Spec) *container.Config {
	labels := withLabel(g)
	labels[engine.LabelName] = s.Name
	hostname := s.Hostname
	if hostname == "" {
		hostname = s.Name
	}
	c := &container.Config{
		Image: s.Image, Hostname: hostname, Entrypoint: s.Entrypoint, Cmd: s.Args,
		Env: envList(s.Env), Labels: labels, StopSignal: s.StopSignal,
	}
	if len(s.Command) > 0 {
		c.Entrypoint, c.Cmd, c.User = s.Command, []string{}, "0:0"
	}
	return c
}

func hostConfig(g engine.Group, s engine.Spec) *container.HostConfig {
	h := &container.HostConfig{
		// Named, or newer daemons attach the default bridge as well.
		NetworkMode: container.NetworkMode(g.Name),
		Init:        &s.Reaper, Tmpfs: s.Tmpfs, Privileged: s.Rights.Privileged,
		CapAdd: s.Rights.CapAdd, SecurityOpt: s.Rights.Security,
		// The host's default driver may be one that cannot be read back.
		LogConfig: container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "64m"}},
		Resources: container.Resources{Memory: s.Limits.Memory, NanoCPUs: int64(s.Limits.CPUs * 1e9)},
	}
	if s.Rights.OwnCgroup {
		h.CgroupnsMode = container.CgroupnsModePrivate
	}
	return h
}

func networking(g engine.Group, s engine.Spec) *network.NetworkingConfig {
	return &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{g.Name: endpoint(s)}}
}

func endpoint(s engine.Spec) *network.EndpointSettings {
	return &network.EndpointSettings{Aliases: append([]string{s.Name}, s.Aliases...)}
}

// filesTar packs files as a container's root has them.
func filesTar(files map[string]string) io.Reader {
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		content, mode := files[name], int64(0o644)
		if strings.HasPrefix(content, "#!") {
			mode = 0o755
		}
		// Writing to a buffer does not fail, and the sizes are right.
		_ = tw.WriteHeader(&tar.Header{Name: strings.TrimPrefix(name, "/"), Mode: mode, Size: int64(len(content)), Typeflag: tar.TypeReg})
		_, _ = io.WriteString(tw, content)
	}
	_ = tw.Close()
	return &b
}

func platformOf(p string) *ocispec.Platform {
	parts := strings.SplitN(p, "/", 3)
	out := &ocispec.Platform{OS: parts[0]}
	if len(parts) > 1 {
		out.Architecture = parts[1]
	}
	if len(parts) > 2 {
		out.Variant = parts[2]
	}
	return out
}

func envList(env map[string]string) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

// labelText keeps a value as it is: in double quotes a Dockerfile knows
// escapes and variables.
var labelText = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`)

// labelChanges are the instructions that set labels on an image. A value of
// several lines cannot be said in one.
func labelChanges(labels map[string]string) []string {
	var changes []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		changes = append(changes, `LABEL "`+name+`"="`+labelText.Replace(labels[name])+`"`)
	}
	return changes
}

// multiline is the name of a label whose value has several lines, if any.
func multiline(labels map[string]string) string {
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if strings.ContainsAny(labels[name], "\r\n") {
			return name
		}
	}
	return ""
}

// samePlatform compares OS and architecture; variants have defaults that
// images leave out.
func samePlatform(wanted, found string) bool {
	w, f := platformOf(wanted), platformOf(found)
	return wanted == "" || w.OS == f.OS && w.Architecture == f.Architecture
}

func labelFilter(labels map[string]string) filters.Args {
	args := filters.NewArgs()
	for name, value := range labels {
		args.Add("label", name+"="+value)
	}
	return args
}

// usualVariant is what a platform means that names none; images name it or
// not, as they like.
var usualVariant = map[string]string{"arm64": "v8", "arm": "v7", "amd64": "v1"}

func imageOf(i image.InspectResponse) engine.Image {
	out := engine.Image{ID: i.ID, Refs: i.RepoTags, Platform: i.Os + "/" + i.Architecture, Size: i.Size}
	if i.Variant != "" && i.Variant != usualVariant[i.Architecture] {
		out.Platform += "/" + i.Variant
	}
	if i.Config != nil {
		out.Labels = maps.Clone(i.Config.Labels)
		maps.DeleteFunc(out.Labels, blank)
	}
	// A time that does not parse is a time that is not known.
	out.Created, _ = time.Parse(time.RFC3339Nano, i.Created)
	return out
}

// ours is what the names of our labels start with.
const ours = "io.drone-packages."

// blank says whether a label of ours counts as absent: a commit cannot take
// a label away, only empty it.
func blank(name, value string) bool {
	return value == "" && strings.HasPrefix(name, ours)
}

// commitLabels are an image's labels, with those emptied that the container
// got from its group or from the image it was made of.
func commitLabels(container, wanted map[string]string) map[string]string {
	labels := map[string]string{}
	for name := range container {
		if strings.HasPrefix(name, ours) {
			labels[name] = ""
		}
	}
	maps.Copy(labels, wanted)
	return labels
}

// commitEnv is what undoes a container's environment in an image made of it:
// the base image's value, or a name without a value, which means unset.
func commitEnv(container, base []string) []string {
	had := map[string]string{}
	for _, v := range base {
		name, _, _ := strings.Cut(v, "=")
		had[name] = v
	}
	var env []string
	for _, v := range container {
		name, _, _ := strings.Cut(v, "=")
		undo, known := had[name]
		if !known {
			undo = name
		}
		env = append(env, undo)
	}
	return env
}

// withLabel is the group's labels and its name.
func withLabel(g engine.Group) map[string]string {
	labels := maps.Clone(g.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[engine.LabelGroup] = g.Name
	return labels
}
