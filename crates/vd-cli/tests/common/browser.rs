//! A real browser for tests: Chromium through its driver, by the WebDriver protocol (W3C recommendation) over plain HTTP.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, clippy::print_stderr)] // A failure here is the test's; what is left out is said.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Set where a missing browser is a failure, as in `cargo xtask ci`.
const REQUIRED: &str = "VD_BROWSER";
/// The key under which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one window; it ends with the value.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    profile: tempfile::TempDir,
}

impl Browser {
    /// Starts a browser; none where none is installed and nobody requires one.
    pub fn start() -> Option<Self> {
        let here = |program: &str| {
            Command::new(program)
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok()
        };
        if !(here("chromium") || here("google-chrome")) || !here("chromedriver") {
            assert!(
                std::env::var_os(REQUIRED).is_none(),
                "{REQUIRED} is set, but there is no chromium or no chromedriver"
            );
            eprintln!(
                "left out: no chromium or no chromedriver here (apt-get install chromium chromium-driver)"
            );
            return None;
        }
        // A free port; between asking and using it somebody else may take it, and then the driver says so.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Self { driver, port, session: String::new(), profile };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(30), "the driver does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        browser.session = browser.begin();
        // The browser's own first page asks for much; from here on the logs are those of the test's pages.
        browser.command("POST", "/url", &json!({ "url": "about:blank" }));
        let _ = (browser.requests(), browser.complaints());
        Some(browser)
    }

    fn begin(&self) -> String {
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            &profile,
        ];
        let downloads = json!({ "download.default_directory": self.profile.path(), "download.prompt_for_download": false });
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments, "prefs": downloads },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } } });
        let answer = self.ask("POST", "/session", &wanted);
        answer["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}")).to_owned()
    }

    /// A command of the protocol; its value.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        let body = if method == "POST" { body.to_string() } else { String::new() };
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap() > 0 && line != "\r\n" {
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut text = vec![0; length];
        reader.read_exact(&mut text).unwrap();
        let mut answer: Value = serde_json::from_slice(&text).unwrap();
        answer["value"].take()
    }

    fn command(&self, method: &str, path: &str, body: &Value) -> Value {
        let value = self.ask(method, &format!("/session/{}{path}", self.session), body);
        assert!(value.get("error").is_none(), "{path}: {value}");
        value
    }

    /// Opens a file and waits until its scripts have run.
    pub fn open(&self, file: &Path) {
        self.command("POST", "/url", &json!({ "url": format!("file://{}", file.display()) }));
        self.wait("document.documentElement.dataset.ready === 'yes'");
    }

    /// Sets the size of the window.
    pub fn size(&self, width: u32, height: u32) {
        self.command("POST", "/window/rect", &json!({ "width": width, "height": height }));
    }

    /// The value of an expression in the page.
    pub fn value(&self, expression: &str) -> Value {
        self.command(
            "POST",
            "/execute/sync",
            &json!({ "script": format!("return ({expression});"), "args": [] }),
        )
    }

    pub fn text(&self, expression: &str) -> String {
        let value = self.value(expression);
        value.as_str().unwrap_or_else(|| panic!("{expression}: {value}")).to_owned()
    }

    pub fn number(&self, expression: &str) -> f64 {
        let value = self.value(expression);
        value.as_f64().unwrap_or_else(|| panic!("{expression}: {value}"))
    }

    /// Waits until an expression is true.
    pub fn wait(&self, expression: &str) {
        let start = Instant::now();
        while self.value(expression) != Value::Bool(true) {
            assert!(start.elapsed() < Duration::from_secs(30), "never true: {expression}");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    fn element(&self, selector: &str) -> String {
        let found = self.command("POST", "/element", &json!({ "using": "css selector", "value": selector }));
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    /// Clicks an element, as a hand with a mouse does.
    pub fn click(&self, selector: &str) {
        self.value(&format!(
            "document.querySelector({}).scrollIntoView({{block: 'center', behavior: 'instant'}})",
            json!(selector)
        ));
        let element = self.element(selector);
        self.command("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// Moves the mouse to the middle of an element in view.
    pub fn point(&self, selector: &str) {
        let middle = |side: &str, size: &str| {
            self.number(&format!(
                "(({{ {side}, {size} }}) => Math.round({side} + {size} / 2))(document.querySelector({}).getBoundingClientRect())",
                json!(selector)
            ))
        };
        let (x, y) = (middle("left", "width") as i64, middle("top", "height") as i64);
        // Two moves: what appears on entering a chart follows the second.
        let to = |x: i64| json!({ "type": "pointerMove", "duration": 20, "x": x, "y": y });
        let mouse = json!({ "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" }, "actions": [to(x + 2), to(x)] });
        self.command("POST", "/actions", &json!({ "actions": [mouse] }));
    }

    /// Types into an element. Keys without a letter are code points of the private use area, such as U+E014, the right arrow.
    pub fn keys(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.command("POST", &format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// What a browser that prefers dark pages shows, or one that prints.
    pub fn emulate(&self, media: &str, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let body = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "media": media, "features": features } });
        self.command("POST", "/goog/cdp/execute", &body);
    }

    /// Gives the page a screen of its own size, such as a phone's.
    pub fn screen(&self, width: u32, height: u32) {
        let params =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.command(
            "POST",
            "/goog/cdp/execute",
            &json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": params }),
        );
    }

    /// The page as far as it is in view, as PNG.
    pub fn picture(&self, file: &Path) {
        let coded = self.command("GET", "/screenshot", &Value::Null);
        let mut decode = Command::new("base64")
            .arg("-d")
            .stdin(Stdio::piped())
            .stdout(std::fs::File::create(file).unwrap())
            .spawn()
            .unwrap();
        decode.stdin.take().unwrap().write_all(coded.as_str().unwrap().as_bytes()).unwrap();
        assert!(decode.wait().unwrap().success());
    }

    /// Complaints of the browser since the last time, such as errors of scripts and refusals of the content security policy.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.command("POST", "/se/log", &json!({ "type": "browser" }));
        log.as_array()
            .unwrap()
            .iter()
            .map(|entry| format!("{}: {}", entry["level"], entry["message"]))
            .collect()
    }

    /// Addresses that pages have asked for since the last time, the pages' own among them.
    pub fn requests(&self) -> Vec<String> {
        let log = self.command("POST", "/se/log", &json!({ "type": "performance" }));
        let message = |entry: &Value| {
            serde_json::from_str::<Value>(entry["message"].as_str().unwrap()).unwrap()["message"].take()
        };
        let sent = log
            .as_array()
            .unwrap()
            .iter()
            .map(message)
            .filter(|m| m["method"] == "Network.requestWillBeSent");
        sent.map(|m| m["params"]["request"]["url"].as_str().unwrap().to_owned()).collect()
    }

    /// A file that was downloaded, once it is there.
    pub fn downloaded(&self, name: &str) -> String {
        let (path, start) = (self.profile.path().join(name), Instant::now());
        loop {
            if let Ok(text) = std::fs::read_to_string(&path) {
                return text;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{name} was not downloaded");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Milliseconds from the start of the navigation to the first text or picture on the screen.
    pub fn first_paint(&self) -> f64 {
        self.wait("performance.getEntriesByName('first-contentful-paint').length > 0");
        self.number("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    }
}

impl Drop for Browser {
    /// Closes the session, so that the browser ends before its driver. Nothing here panics: a test may be failing already.
    fn drop(&mut self) {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            let _ = write!(
                stream,
                "DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                self.session
            );
            let _ = stream.read(&mut [0; 64]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
