package main_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	pageCall = "/api/v1/calls/1a2b3c4d-5e6f-7890-abcd-ef1234567890"
	pageTag  = "t1a2b3c4-d5e6-7890-abcd-ef1234567890"

	plain = "essencial" //nolint:misspell // the company without features, in Portuguese
)

// row is the page's call as its list prints it, without the braces.
const row = `
	"id": "1a2b3c4d-5e6f-7890-abcd-ef1234567890", "status": "completed",
	"department_id": "e5f6a7b8-c9d0-1234-efgh-567890123456", "department_name": "Suporte Técnico",
	"user_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "user_name": "João Silva",
	"customer_name": "Carlos Ferreira", "customer_email": "carlos@email.com", "customer_phone": "+5511999998888",
	"duration": 345, "wait_time": 12, "rating": 5, "notes": "Cliente precisava de ajuda com configuração",
	"has_recording": true,
	"started_at": "2026-02-15T14:30:00Z", "completed_at": "2026-02-15T14:35:45Z", "inserted_at": "2026-02-15T14:29:48Z"`

func TestDemoAnswersAsTheAPIPageSays(t *testing.T) {
	p := serve(t, t.TempDir(), "--demo")

	t.Run("the wait of who joins", func(t *testing.T) {
		var got struct {
			Data struct {
				Estimate int `json:"estimated_wait_time"`
			}
		}
		require.NoError(t, json.Unmarshal(p.must(200, "GET", "/api/v1/call/suporte/validate", "", ""), &got))
		assert.Greater(t, got.Data.Estimate, 20)
		assert.Less(t, got.Data.Estimate, 120, "one waits, for as long as the latest did on the average")
	})

	t.Run("list", func(t *testing.T) {
		var got struct {
			Data []json.RawMessage
			Meta json.RawMessage
		}
		list := p.must(200, "GET", "/api/v1/calls?page=1&page_size=10&status=completed&date_from=2026-02-01", attendant, "")
		require.NoError(t, json.Unmarshal(list, &got))
		require.Len(t, got.Data, 10)
		assert.JSONEq(t, "{"+row+"}", string(got.Data[0]))
		assert.JSONEq(t, `{"current_page": 1, "page_size": 10, "total_pages": 15, "total_count": 142}`, string(got.Meta))
	})

	t.Run("details", func(t *testing.T) {
		tags := `"tags": [{"id": "` + pageTag + `", "name": "Suporte", "color": "#3b82f6"}]`
		assert.JSONEq(t, `{"data": {`+row+`, "recording_url": "`+pageCall+`/recording", `+tags+`,
			"disconnected_at": null, "reconnected_at": null, "end_reason": "normal", "manager_notes": null}}`,
			string(p.must(200, "GET", pageCall, attendant, "")))
	})

	t.Run("transcript and summary", func(t *testing.T) {
		assert.JSONEq(t, `{"data": {"call_id": "1a2b3c4d-5e6f-7890-abcd-ef1234567890",
			"transcript": "Agent: Good morning, how can I help you?\nCustomer: I need technical support...",
			"language": "pt-BR", "generated_at": "2026-02-18T14:46:00Z"}}`,
			string(p.must(200, "GET", pageCall+"/transcript", attendant, "")))
		assert.JSONEq(t, `{"data": {"call_id": "1a2b3c4d-5e6f-7890-abcd-ef1234567890",
			"summary": "The customer contacted us to resolve a configuration issue...",
			"provider": "openai", "model": "gpt-4o-mini", "generated_at": "2026-02-18T14:46:30Z"}}`,
			string(p.must(200, "GET", pageCall+"/summary", attendant, "")))
	})

	t.Run("tags", func(t *testing.T) {
		want := `{"id": "` + pageTag + `", "name": "Suporte", "color": "#3b82f6"}`
		p.must(204, "DELETE", pageCall+"/tags/"+pageTag, attendant, "")
		assert.JSONEq(t, `{"data": []}`, string(p.must(200, "GET", pageCall+"/tags", attendant, "")))
		assert.JSONEq(t, `{"data": `+want+`}`, string(p.must(201, "POST", pageCall+"/tags", attendant, `{"tag_id": "`+pageTag+`"}`)))
		assert.JSONEq(t, `{"data": [`+want+`]}`, string(p.must(200, "GET", pageCall+"/tags", attendant, "")))
	})

	t.Run("recording", func(t *testing.T) {
		content := p.must(200, "GET", pageCall+"/recording/download", attendant, "")
		assert.Equal(t, []byte{0x1a, 0x45, 0xdf, 0xa3}, content[:4], "the beginning of a WebM")
	})

	t.Run("the life of the queued call", func(t *testing.T) {
		id := queuedCall(t, p)
		path := "/api/v1/calls/" + id
		assert.JSONEq(t, `{"data": {"id": "`+id+`", "status": "assigned",
			"user_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "user_name": "João Silva"}}`,
			string(p.must(200, "POST", path+"/assign", attendant, "")))
		assert.JSONEq(t, `{"data": {"id": "`+id+`", "status": "active", "started_at": "now"}}`,
			withoutNow(p.must(200, "POST", path+"/start", attendant, "")))
		assert.JSONEq(t, `{"data": {"id": "`+id+`", "status": "completed", "completed_at": "now"}}`,
			withoutNow(p.must(200, "POST", path+"/complete", attendant, `{"notes": "Problema resolvido. Cliente satisfeito."}`)))
		assert.JSONEq(t, `{"data": {"id": "`+id+`", "manager_notes": "[now - Ana Supervisor] Excellent service. Request customer feedback."}}`,
			withoutNow(p.must(200, "POST", path+"/manager-notes", supervisor, `{"notes": "Excellent service. Request customer feedback."}`)))
	})

	t.Run("upload", func(t *testing.T) {
		got := upload(t, p, "document.pdf", []byte("%PDF-1.4\n"+strings.Repeat("x", 1000)))
		assert.Equal(t, "document.pdf", got["filename"])
		assert.Equal(t, "application/pdf", got["content_type"])
		assert.EqualValues(t, 1009, got["size"])
		assert.Contains(t, got["url"], "/uploads/calls/")
	})

	t.Run("every state is shown", func(t *testing.T) {
		for _, status := range []string{"assigned", "active", "completed", "missed", "cancelled", "abandoned"} {
			assert.Positive(t, count(t, p, status), status)
		}
	})

	t.Run("customers", func(t *testing.T) {
		assert.Contains(t, string(p.must(200, "GET", "/api/v1/call/suporte/validate", "", "")), `"department_name":"Suporte Técnico"`)
		assert.Contains(t, string(p.must(200, "GET", "/api/v1/call/"+plain+"/validate", "", "")), `"primary_color":null`)
		assert.Contains(t, string(p.must(200, "POST", "/api/v1/call/suporte/join", "", `{"name": "Maria"}`)), `"position":1`)
	})

	t.Run("without the features", func(t *testing.T) {
		r, err := http.NewRequest(http.MethodGet, p.url+pageCall+"/transcript", nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+token(plain, "lucia", "Lúcia Ramos", "attendant"))
		r.Header.Set("X-Tenant", plain)
		got, err := do(r)
		require.NoError(t, err)
		assert.Equal(t, 403, got.status)
		assert.JSONEq(t, `{"errors": {"detail": "Feature transcription not available in the plan"}}`, string(got.body))
	})
}

func TestDemoBesideCompaniesOfItsNames(t *testing.T) {
	for name, own := range map[string]string{
		"avanter": "  - {slug: avanter, name: Own}\n",
		plain:     "  - {slug: " + plain + ", name: Own}\n",
		"suporte": "  - slug: own\n    name: Own\n    departments: [{id: d, name: D}]\n    links: [{token: suporte, department: d}]\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, "tenants:\n"+own, "voki.yaml")
			got := voki(t, "serve", "--demo", "--data", dir, "--addr", "127.0.0.1:0")
			assert.Equal(t, 1, got.code)
			assert.Contains(t, got.stderr, "voki: --demo: the demonstration's companies do not go with this configuration")
			assert.Contains(t, got.stderr, `"`+name+`" is declared twice; first in `+filepath.Join(dir, "voki.yaml")+":")
			assert.Equal(t, []string{"voki.lock", "voki.yaml"}, left(t, dir))
			assert.Zero(t, serve(t, dir).stop(), "without --demo it starts")
		})
	}
}

func TestDemoIsLoadedOnce(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, "--demo")
	queued := queuedCall(t, p)
	p.must(200, "POST", "/api/v1/calls/"+queued+"/assign", attendant, "")
	before := mustVoki(t, "check", "--data", dir)
	require.Zero(t, p.stop())

	p = serve(t, dir, "--demo", "--queue-limit", "10ms")
	assert.Equal(t, 142, count(t, p, "completed"))
	assert.Equal(t, 1, count(t, p, "queued"), "a new one, without limits")
	assert.NotEqual(t, queued, queuedCall(t, p))
	assert.Contains(t, before, " 163 calls")
	assert.Contains(t, mustVoki(t, "check", "--data", dir), " 164 calls")
}

func TestPrintedRequestsWorkAsTheyStand(t *testing.T) {
	_, err := exec.LookPath("curl")
	needs(t, err == nil, "curl")
	_, err = exec.LookPath("bash")
	needs(t, err == nil, "bash")
	p := serve(t, t.TempDir(), "--demo")
	dir, lines := t.TempDir(), 0
	for line := range strings.Lines(p.stdout.String()) {
		if !strings.HasPrefix(line, "curl ") {
			continue
		}
		lines++
		c := exec.Command("bash", "-c", strings.TrimSpace(line)+" --fail-with-body")
		c.Dir = dir
		out, err := c.CombinedOutput()
		assert.NoError(t, err, "%s%s", line, out)
	}
	assert.Equal(t, 15, lines)
}

// queuedCall returns the id of the call that the printed requests assign.
func queuedCall(t *testing.T, p *process) string {
	t.Helper()
	found := regexp.MustCompile(`calls/([0-9a-f-]{36})/assign`).FindStringSubmatch(p.stdout.String())
	require.NotNil(t, found)
	return found[1]
}

// count is how many calls are in a state.
func count(t *testing.T, p *process, status string) int {
	t.Helper()
	var got struct {
		Meta struct {
			Total int `json:"total_count"`
		}
	}
	require.NoError(t, json.Unmarshal(p.must(200, "GET", "/api/v1/calls?status="+status, attendant, ""), &got))
	return got.Meta.Total
}

var now = regexp.MustCompile(`20\d\d-\d\d-\d\d(T\d\d:\d\d:\d\dZ| \d\d:\d\d)`)

// withoutNow writes "now" for times.
func withoutNow(body []byte) string { return now.ReplaceAllString(string(body), "now") }

// upload adds a file to the page's call and returns what is answered.
func upload(t *testing.T, p *process, name string, content []byte) map[string]any {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	require.NoError(t, err)
	_, err = part.Write(content)
	require.NoError(t, err)
	require.NoError(t, form.Close())
	got, err := do(uploadRequest(p, pageCall, attendant, form.FormDataContentType(), &body))
	require.NoError(t, err)
	require.Equal(t, 201, got.status, "%s", got.body)
	var answer struct{ Data map[string]any }
	require.NoError(t, json.Unmarshal(got.body, &answer))
	return answer.Data
}

func uploadRequest(p *process, path, bearer, contentType string, body io.Reader) *http.Request {
	r, err := http.NewRequest(http.MethodPost, p.url+path+"/upload", body)
	if err != nil {
		panic(err)
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	r.Header.Set("X-Tenant", "avanter")
	r.Header.Set("Content-Type", contentType)
	return r
}
