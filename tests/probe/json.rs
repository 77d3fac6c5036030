//! `--expect`: the assertion language by example.

use crate::support::Server;

const MODEL: &str = r#"{"status":"ok","id":9007199254740993,"model":{"loaded":true,"name":"résumé"},"a.b":1,
"predictions":[{"label":"cat","score":0.9},{"label":"dog","score":0.4},{"label":"eel","score":0.3}],
"models":[{"name":"m","ready":true,"state":"READY"}],"outputs":[{"data":[0.1,0.7]}],
"probabilities":[0.1,0.2,0.7],"empty":[],"none":null,"no":false,"n":"1","count":1,"error":null}"#;

#[test]
fn accepts_assertions_that_hold() {
    let server = Server::json(MODEL);
    let assertions = [
        "status=ok",
        "status==ok",
        "status = \"ok\"",
        "$.status=ok",
        ".status=ok",
        "['status']=ok",
        "model.loaded=true",
        "model.loaded",
        "outputs[0].data[-1]>=0.5",
        "['a.b']=1",
        "$['a.b']=1.0",
        "models[*].state=READY",
        "length(predictions)>0",
        "type(predictions[0].score)=number",
        "sum(probabilities)=1",
        "sum(probabilities)=1+-0.001",
        "predictions[0].score=0.91+-2%",
        "predictions[1].score=0.3+-0.1",
        "count(models[?@.ready==false])=0",
        "status!=Unknown",
        "!error",
        "!no",
        "!nothing",
        "none=null",
        "n=\"1\"",
        "count=1.0",
        "count=1",
        "id=9007199254740993",
        "id>9007199254740992",
        "id!=9007199254740992",
        "predictions[*].score<1",
        "predictions[*].label~^[a-z]{3}$",
        "predictions[*].label!~unknown",
        "length(model.name)=6",
        "length(model)=2",
        "length(empty)=0",
        "type(none)=null",
        "type(model)=object",
        "type(empty)=array",
        "type(no)=boolean",
        "min(predictions[*].score)=0.3",
        "max(predictions[*].score)=0.9",
        "avg(probabilities)>0.33",
        "count(predictions[*])=3",
        "count(predictions[*])",
        "!count(predictions[?@.score>1])",
        "empty=[]",
        "model={\"name\":\"résumé\",\"loaded\":true}",
        "$",
        "..label!=cow",
        "predictions[0].score>0.5",
    ];
    for assertion in assertions {
        server.assert_healthy(&["-e", assertion]);
    }
    let all: Vec<&str> = assertions
        .iter()
        .flat_map(|assertion| ["-e", assertion])
        .collect();
    server.assert_healthy(&all);
}

#[test]
fn reports_actual_and_expected_of_failed_assertions() {
    let server = Server::json(MODEL);
    let body = " in <t>; body: ";
    for (assertion, reason, explained) in [
        (
            "status=loading",
            "status is \"ok\", expected \"loading\"",
            false,
        ),
        (
            "$.status=loading",
            "status is \"ok\", expected \"loading\"",
            false,
        ),
        (
            "status!=ok",
            "status is \"ok\", expected anything but \"ok\"",
            false,
        ),
        (
            "predictions[0].score>=0.95",
            "predictions[0].score is 0.9, expected >= 0.95",
            false,
        ),
        (
            "predictions[*].score>0.5",
            "predictions[1].score is 0.4, expected > 0.5 (and 1 more)",
            false,
        ),
        (
            "predictions[*].label!=cat",
            "predictions[0].label is \"cat\", expected anything but \"cat\"",
            false,
        ),
        (
            "status~^lo",
            "status is \"ok\", expected text matching ^lo",
            false,
        ),
        (
            "status!~o",
            "status is \"ok\", expected text not matching o",
            false,
        ),
        (
            "length(predictions)<3",
            "length(predictions) is 3, expected < 3",
            false,
        ),
        (
            "length(count)>0",
            "count is 1, a number; length takes a string, an array or an object",
            false,
        ),
        (
            "sum(probabilities)=2+-10%",
            "sum(probabilities) is 1, expected 2+-10% (off by 1)",
            false,
        ),
        (
            "predictions[0].score=0.5+-0.1",
            "predictions[0].score is 0.9, expected 0.5+-0.1 (off by 0.4)",
            false,
        ),
        (
            "id=9007199254740992",
            "id is 9007199254740993, expected 9007199254740992",
            false,
        ),
        (
            "n=1",
            "n is \"1\", a string, expected the number 1; for the string, write n=\"1\"",
            false,
        ),
        (
            "count=\"1\"",
            "count is 1, a number, expected the string \"1\"; for the number, write count=1",
            false,
        ),
        (
            "sum(probabilities)=\"1\"",
            "sum(probabilities) is 1, a number, expected the string \"1\"; for the number, write sum(probabilities)=1",
            false,
        ),
        (
            "no=\"false\"",
            "no is false, a boolean, expected the string \"false\"; for the boolean, write no=false",
            false,
        ),
        (
            "status>1",
            "status is \"ok\", a string, expected a number > 1",
            false,
        ),
        ("none>1", "none is null, expected a number > 1", false),
        (
            "count~1",
            "count is 1, a number, expected text matching 1",
            false,
        ),
        (
            "none",
            "none is null, expected anything but null or false",
            false,
        ),
        (
            "no",
            "no is false, expected anything but null or false",
            false,
        ),
        (
            "!status",
            "status is \"ok\", expected nothing, null or false",
            false,
        ),
        ("['a.b']=2", "['a.b'] is 1, expected 2", false),
        (
            "type(count)=string",
            "type(count) is \"number\", expected \"string\"",
            false,
        ),
        (
            "count(models[?@.name=='n'])",
            "models[?@.name=='n'] is missing, expected count(models[?@.name=='n'])",
            true,
        ),
        (
            "!count(predictions[*])",
            "count(predictions[*]) is 3, expected nothing, null or false",
            false,
        ),
        (
            "count(predictions[*])=2",
            "count(predictions[*]) is 3, expected 2",
            false,
        ),
        (
            "outputs[0].data=[0.1]",
            "outputs[0].data is [0.1,0.7], expected [0.1]",
            false,
        ),
        ("label=cat", "label is missing, expected \"cat\"", true),
        (
            "label!=Unknown",
            "label is missing, expected anything but \"Unknown\"",
            true,
        ),
        (
            "label!~Unknown",
            "label is missing, expected text not matching Unknown",
            true,
        ),
        ("empty[*]=1", "empty[*] is missing, expected 1", true),
        (
            "length(label)>0",
            "label is missing, expected length(label)>0",
            true,
        ),
        (
            "sum(empty)=0",
            "empty is empty, expected sum(empty)=0",
            true,
        ),
        (
            "max(label)=0",
            "label is missing, expected max(label)=0",
            true,
        ),
        (
            "sum(predictions[*].label)>0",
            "predictions[0].label is \"cat\", a string; sum takes numbers",
            true,
        ),
        (
            "avg(models)>0",
            "models[0] is {\"name\":\"m\",\"ready\":true,\"state\":\"READY\"}, an object; avg takes numbers",
            true,
        ),
    ] {
        let outcome = server.probe(&["127.0.0.1:PORT", "-e", assertion]);
        let start = format!("unhealthy: {reason}; GET http://127.0.0.1:PORT/");
        if explained {
            assert!(
                outcome
                    .out
                    .starts_with(&format!("{start}{body}{{\"status\":\"ok\",")),
                "{assertion}: {}",
                outcome.out
            );
            outcome.assert_code(1);
        } else {
            outcome.assert_verdict(format!("{start} in <t>"));
        }
    }
}

#[test]
fn fails_only_assertions_that_meet_nan_or_infinity() {
    let server = Server::json(
        r#"{"p":[{"s":NaN},{"s":-Infinity},{"s":1e400},{"s":1}],"status":"ok","x":[1,Infinity]}"#,
    );
    server.assert_healthy(&[
        "-e",
        "status=ok",
        "-e",
        "p[3].s=1",
        "-e",
        "length(p)=4",
        "-e",
        "count(p[*].s)=4",
        "-e",
        "length(x)=2",
        "-e",
        "count(p[?@.s])=4",
        "-e",
        "p[?@.s==1].s=1",
    ]);
    for (assertion, reason) in [
        ("p[0].s>=0.5", "p[0].s is NaN, expected a number >= 0.5"),
        ("p[0].s!=1", "p[0].s is NaN, expected anything but 1"),
        ("p[0].s=NaN", "p[0].s is NaN, expected \"NaN\""),
        ("p[0].s!~x", "p[0].s is NaN, expected text not matching x"),
        (
            "p[0].s",
            "p[0].s is NaN, expected anything but null or false",
        ),
        ("!p[0].s", "p[0].s is NaN, expected nothing, null or false"),
        (
            "type(p[0].s)=number",
            "p[0].s is NaN, expected type(p[0].s)=number",
        ),
        ("p[1].s<0", "p[1].s is -Infinity, expected a number < 0"),
        ("p[2].s>0", "p[2].s is 1e400, expected a number > 0"),
        (
            "p[*].s>0",
            "p[0].s is NaN, expected a number > 0 (and 2 more)",
        ),
        ("x=[1,2]", "x[1] is Infinity, expected x=[1,2]"),
        ("p!=[]", "p[0].s is NaN, expected p!=[]"),
        (
            "count(p[?@.s>2])=0",
            "p[0].s is NaN, expected count(p[?@.s>2])=0",
        ),
        ("p[?@.s>0].s=1", "p[0].s is NaN, expected p[?@.s>0].s=1"),
    ] {
        server.assert_unhealthy(&["-e", assertion], reason, " in <t>");
    }
    let outcome = server.probe(&["127.0.0.1:PORT", "-e", "max(x)>0"]);
    outcome.assert_starts("unhealthy: x[1] is Infinity, expected max(x)>0; GET ");
}

#[test]
fn reports_every_failure_and_shared_ones_once() {
    let server = Server::json("{\"a\":1,\"b\":2}");
    server.assert_unhealthy(
        &["-s", "204", "-e", "a=2", "-e", "b=2", "-e", "b>2"],
        "status 200, expected 204; a is 1, expected 2; b is 2, expected > 2",
        " in <t>; body: {\"a\":1,\"b\":2}",
    );
    let html = Server::answering("HTTP/1.1 200 OK\r\n\r\n<!doctype html>");
    html.assert_unhealthy(
        &["-e", "a=2", "-e", "b=2", "--expect-body", "html"],
        "body is not JSON: it looks like HTML or XML at line 1 column 1",
        " in <t>; body: <!doctype html>",
    );
}

#[test]
fn reports_why_and_where_a_body_is_not_json() {
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    for (body, reason, shown) in [
        ("", "body is empty, expected JSON", ""),
        (" \n", "body is blank, expected JSON", ""),
        (
            "{\"a\":[1,",
            "body is not JSON: it is cut short at line 1 column 8",
            "; body: {\"a\":[1,",
        ),
        (
            "{\"a\":1} {\"a\":2}\n",
            "body is not one JSON document: more follows at line 1 column 9",
            "; body: {\"a\":1} {\"a\":2}",
        ),
        (
            "{\"a\":NaN,\n \"b\":NaN,}",
            "body is not JSON: trailing comma at line 2 column 10",
            "; body: {\"a\":NaN, \"b\":NaN,}",
        ),
    ] {
        Server::json(body).assert_unhealthy(&["-e", "a=1"], reason, &format!(" in <t>{shown}"));
    }
    let outcome = Server::json(&deep).probe(&["127.0.0.1:PORT", "-e", "$"]);
    outcome.assert_starts(
        "unhealthy: body is nested deeper than 128 levels at line 1 column 128; GET ",
    );
}

#[test]
fn accepts_arrays_and_scalars_as_documents() {
    Server::json("[{\"generated_text\":\"x\"}]").assert_healthy(&[
        "-e",
        "[0].generated_text",
        "-e",
        "length($)=1",
    ]);
    Server::json("[[0.1,-0.2]]").assert_healthy(&[
        "-e",
        "length([0])=2",
        "-e",
        "sum([0])=-0.1",
        "-e",
        "[0][*]<1",
    ]);
    Server::json("\"ok\"").assert_healthy(&["-e", "$=ok"]);
    Server::json("true").assert_healthy(&["-e", "$", "-e", "type($)=boolean"]);
    Server::json("\"loading\"").assert_unhealthy(
        &["-e", "$=ok"],
        "$ is \"loading\", expected \"ok\"",
        " in <t>",
    );
}
