package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// table is routes that are served together.
type table []endpoint

// params are the values of a pattern's segments in braces, by name.
type params map[string]string

// match returns the endpoints of the pattern that fits an escaped path, one for each method, and the values of its
// parameters; none if no pattern fits.
//
// Segments are compared unescaped, so that an id may hold a slash; a parameter is never empty. Where several patterns
// fit, the one that has a word where the others have a parameter wins, from the left.
func (t table) match(escapedPath string) ([]endpoint, params) {
	segments, ok := splitPath(escapedPath)
	if !ok {
		return nil, nil
	}
	var best []endpoint
	for _, e := range t {
		switch {
		case !fits(e.Pattern, segments):
		case best == nil || precedes(e.Pattern, best[0].Pattern):
			best = append(best[:0], e)
		case samePlace(e.Pattern, best[0].Pattern):
			best = append(best, e)
		}
	}
	if best == nil {
		return nil, nil
	}
	values := params{}
	for i, p := range patternSegments(best[0].Pattern) {
		if isParam(p) {
			values[p[1:len(p)-1]] = segments[i]
		}
	}
	return best, values
}

// splitPath returns the unescaped segments of a path, and false for one with a bad escape.
func splitPath(escaped string) ([]string, bool) {
	segments := patternSegments(escaped)
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil {
			return nil, false
		}
		segments[i] = plain
	}
	return segments, true
}

func patternSegments(pattern string) []string {
	return strings.Split(strings.TrimPrefix(pattern, "/"), "/")
}

func isParam(segment string) bool { return strings.HasPrefix(segment, "{") }

func fits(pattern string, segments []string) bool {
	wanted := patternSegments(pattern)
	if len(wanted) != len(segments) {
		return false
	}
	for i, p := range wanted {
		if isParam(p) && segments[i] == "" || !isParam(p) && p != segments[i] {
			return false
		}
	}
	return true
}

// precedes reports whether a is the more exact of two patterns that fit the same path.
func precedes(a, b string) bool {
	other := patternSegments(b)
	for i, p := range patternSegments(a) {
		if isParam(p) != isParam(other[i]) {
			return isParam(other[i])
		}
	}
	return false
}

// samePlace reports whether two patterns that fit the same path have words and parameters at the same places.
func samePlace(a, b string) bool { return !precedes(a, b) && !precedes(b, a) }

// forMethod returns the endpoint of a method. HEAD is served as GET.
func forMethod(matched []endpoint, method string) (endpoint, bool) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	i := slices.IndexFunc(matched, func(e endpoint) bool { return e.Method == method })
	if i < 0 {
		return endpoint{}, false
	}
	return matched[i], true
}

// allowed lists the methods of a matched pattern as the Allow header has them.
func allowed(matched []endpoint) string {
	methods := []string{http.MethodOptions}
	for _, e := range matched {
		methods = append(methods, e.Method)
		if e.Method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}
