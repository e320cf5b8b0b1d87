//! Whole files in, complaints and desired state out.
use super::*;
#[test]
fn probe() {
    let mut s = crate::source::SourceMap::default();
    s.add("a.yaml", std::fs::read_to_string("/tmp/probe.yaml").unwrap());
    let l = read(s);
    for d in &l.diagnostics {
        println!("{:?} {} {}", d.severity, d.code, d.message);
        for x in &d.labels {
            let at = l.sources.locate(x.span);
            println!(
                "    {}:{} {:?} {:?}",
                at.line,
                at.column,
                l.sources.source(x.span.source).text.get(x.span.range()).unwrap(),
                x.text
            )
        }
        println!("    help {:?}", d.help);
    }
    println!("{:#?}", l.desired.discoveries.len());
    std::fs::write("/tmp/schema.json", schema()).unwrap();
}
