package report

import (
	"cmp"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// The part of SARIF 2.1.0 that findings of linters need.
type (
	sarifLog struct {
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID string `json:"id"`
	}
	sarifResult struct {
		RuleID    string            `json:"ruleId"`
		RuleIndex int               `json:"ruleIndex"`
		Level     string            `json:"level"`
		Message   sarifText         `json:"message"`
		Locations []sarifLocation   `json:"locations"`
		Bag       map[string]string `json:"properties"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
)

// levels are SARIF's words for a linter's severities.
var levels = map[string]string{"error": "error", "warning": "warning", "info": "note"}

// sarif is what linters found, in SARIF 2.1.0: a rule per tag, a result per
// finding, in the package's file.
func sarif(w io.Writer, run result.Run) error {
	driver := sarifDriver{Name: "drone-packages lint", Rules: []sarifRule{}}
	found := []sarifResult{}
	for _, j := range run.Jobs {
		for _, p := range j.Phases {
			for _, c := range p.Checks {
				if c.Kind == "lint" && c.Outcome == result.Failed {
					found = append(found, finding(run, j, c))
				}
			}
		}
	}
	index := map[string]int{}
	for i, f := range found {
		if _, known := index[f.RuleID]; !known {
			index[f.RuleID] = len(driver.Rules)
			driver.Rules = append(driver.Rules, sarifRule{ID: f.RuleID})
		}
		found[i].RuleIndex = index[f.RuleID]
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(sarifLog{Version: "2.1.0", Runs: []sarifRun{{Tool: sarifTool{driver}, Results: found}}})
}

func finding(run result.Run, j result.Job, c result.Check) sarifResult {
	rule, subject := cmp.Or(printable(c.Attribute), "unnamed"), printable(c.Subject)
	level, known := levels[c.Severity]
	if !known {
		level = "warning"
	}
	location := sarifLocation{Logical: []sarifLogical{{Name: subject, Kind: "package"}}}
	if file := fileOf(run, j.Distro, c.Subject); file != "" {
		uri := url.URL{Path: located(run.Output, file)}
		location.Physical = &sarifPhysical{sarifArtifact{uri.String()}}
	}
	return sarifResult{
		RuleID: rule, Level: level,
		Message:   sarifText{strings.TrimSpace(subject + ": " + rule + " " + printable(c.Found))},
		Locations: []sarifLocation{location},
		Bag:       map[string]string{"distro": printable(j.Distro)},
	}
}

// fileOf is the file of a package; empty where none was handed over.
func fileOf(run result.Run, distro, subject string) string {
	i := slices.IndexFunc(run.Packages, func(p result.Package) bool { return p.Distro == distro && p.Name != "" && p.Name == subject })
	if i < 0 {
		return ""
	}
	return run.Packages[i].Path
}
