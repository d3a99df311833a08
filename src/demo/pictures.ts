// Draws the demo shop's pictures: small SVGs, each the same at every run and different for every product. Nothing but
// numbers goes into them, so no product's words can become markup.

const PICTURE_SIZE = 800;

interface Colours {
  main: string;
  dark: string;
  light: string;
}

/** Shapes on a canvas of 400 by 400. */
const motifs = {
  shirt: ({ main, dark }) =>
    shape('M140 105 180 85Q200 112 220 85L260 105 318 168 280 202 256 176V318H144V176L120 202 82 168Z', main) +
    line('M180 85Q200 112 220 85M200 106V318', dark),
  jumper: ({ main, dark, light }) =>
    shape('M142 110Q200 82 258 110L306 290 270 300 254 210V318H146V210L130 300 94 290Z', main) +
    line('M168 101Q200 130 232 101', dark) +
    line('M146 200H254M146 218H254M146 236H254', light) +
    line('M146 306H254', dark),
  jacket: ({ main, dark, light }) =>
    shape('M140 108 176 84H224L260 108 314 288 276 300 256 216V326H144V216L124 300 86 288Z', main) +
    shape('M176 84H224L200 122Z', dark) +
    line('M200 122V326', light) +
    shape('M158 250H186V282H158ZM214 250H242V282H214Z', dark),
  beanie: ({ main, dark, light }) =>
    circle(200, 98, 22, light) +
    shape('M108 262Q104 116 200 116T292 262Z', main) +
    shape('M98 250H302V306H98Z', dark) +
    line('M136 256V300M168 256V300M200 256V300M232 256V300M264 256V300', main),
  socks: ({ main, dark, light }) =>
    shape('M120 84H186V230Q186 246 172 256L112 300Q84 318 70 292T92 252L120 232Z', main) +
    shape('M214 84H280V232L308 252Q344 274 330 300T288 300L228 256Q214 246 214 230Z', dark) +
    shape('M120 84H186V112H120ZM214 84H280V112H214Z', light),
  bag: ({ main, dark }) =>
    shape('M104 156H296L314 324H86Z', main) + line('M150 190V132Q150 84 200 84T250 132V190', dark, 12),
  mug: ({ main, dark, light }) =>
    line('M258 186H284Q318 186 318 222T284 258H252', dark, 18) +
    shape('M114 150H266L256 300Q254 318 236 318H144Q126 318 124 300Z', main) +
    shape('M114 150H266L265 168H115Z', dark) +
    line('M160 124Q148 106 160 88T160 60M200 124Q188 106 200 88T200 60', light),
  pan: ({ main, dark, light }) =>
    shape('M256 222 282 196 362 310 342 330Z', dark) +
    circle(178, 178, 108, dark) +
    circle(178, 178, 88, main) +
    circle(150, 150, 18, light),
  board: ({ main, dark, light }) =>
    shape('M124 96H234V60H280V96Q296 96 296 112V324Q296 340 280 340H124Q108 340 108 324V112Q108 96 124 96Z', main) +
    circle(257, 82, 9, dark) +
    line('M140 130V306M176 130V306M230 130V306', light),
  bowl: ({ main, dark, light }) =>
    shape('M82 178H318Q312 300 240 314H160Q88 300 82 178Z', main) +
    shape('M160 314H240V330H160Z', dark) +
    line('M92 214Q200 250 308 214', light, 8) +
    shape('M76 168H324V186H76Z', dark),
  knife: ({ main, dark, light }) =>
    shape('M194 60Q248 130 240 228H194Z', light) +
    shape('M188 228H246V250H188Z', dark) +
    shape('M194 250H240V336Q217 352 194 336Z', main),
  notebook: ({ main, dark, light }) =>
    shape('M112 72H280Q296 72 296 88V320Q296 336 280 336H112Z', main) +
    shape('M112 72H144V336H112Z', dark) +
    line('M262 72V336', light, 8) +
    shape('M168 122H240V164H168Z', light),
  pen: ({ main, dark, light }) =>
    shape('M258 72 328 142 170 300 100 230Z', main) +
    shape('M100 230 170 300 72 328Z', light) +
    shape('M86 288 112 314 72 328Z', dark) +
    line('M238 92 308 162', dark),
  cards: ({ main, dark, light }) =>
    shape('M76 132 264 88 308 236 120 280Z', dark) +
    shape('M92 150H308V306H92Z', main) +
    shape('M92 306 164 218 212 272 244 240 308 306Z', light) +
    circle(264, 192, 18, light),
  book: ({ main, dark, light }) =>
    shape('M200 112Q150 82 80 96V300Q150 286 200 316Z', main) +
    shape('M200 112Q250 82 320 96V300Q250 286 200 316Z', dark) +
    line('M104 142Q146 136 178 152M104 182Q146 176 178 192M222 152Q254 136 296 142M222 192Q254 176 296 182', light),
  bottle: ({ main, dark, light }) =>
    shape('M172 58H228V96H172Z', dark) +
    shape('M176 96H224Q256 120 256 160V318Q256 338 236 338H164Q144 338 144 318V160Q144 120 176 96Z', main) +
    line('M168 170V300', light, 10),
  lantern: ({ main, dark, light }) =>
    line('M146 134Q146 58 200 58T254 134', dark) +
    shape('M132 132H268V160H132ZM120 290H280V326H120Z', dark) +
    shape('M144 160H256V290H144Z', light) +
    shape('M200 186Q236 230 220 262 200 284 180 262 164 230 200 186Z', main),
  tent: ({ main, dark, light }) =>
    shape('M200 84 348 312H52Z', main) + shape('M200 150 258 312H142Z', dark) + line('M200 84V64M28 312H372', light),
  compass: ({ main, dark, light }) =>
    circle(200, 208, 124, dark) +
    circle(200, 208, 104, light) +
    shape('M200 128 222 208H178Z', main) +
    shape('M200 288 178 208H222Z', dark) +
    circle(200, 66, 16, dark),
  blanket: ({ main, dark, light }) =>
    shape('M84 168H272V292H84Z', main) +
    line('M116 168V292M148 168V292M220 168V292', light, 8) +
    circle(272, 230, 62, dark) +
    circle(272, 230, 40, main) +
    circle(272, 230, 18, light),
  jar: ({ main, dark, light }) =>
    shape('M134 72H266V112H134Z', dark) +
    shape('M126 112H274Q292 132 292 160V306Q292 334 264 334H136Q108 334 108 306V160Q108 132 126 112Z', main) +
    shape('M144 184H256V262H144Z', light),
  tin: ({ main, dark, light }) =>
    shape('M104 124H296V304Q296 336 200 336T104 304Z', main) +
    ellipse(200, 124, 96, 34, dark) +
    ellipse(200, 116, 96, 34, light) +
    shape('M104 190Q200 236 296 190V244Q200 290 104 244Z', dark),
  packet: ({ main, dark, light }) =>
    shape('M116 84H284L300 332H100Z', main) +
    shape('M116 84H284L280 124H120Z', dark) +
    circle(200, 222, 46, light) +
    line('M200 258Q172 222 200 186 228 222 200 258Z', dark),
} satisfies Record<string, (colours: Colours) => string>;

export type Motif = keyof typeof motifs;

export interface Picture {
  svg: string;
  width: number;
  height: number;
}

/** The whole product, on a quiet ground. */
export function drawWhole(slug: string, motif: Motif): Picture {
  const hue = hueOf(slug);
  const ground = shape('M0 0H400V400H0Z', hsl(hue, 38, 93)) + ellipse(200, 344, 140, 16, hsl(hue, 24, 82));
  return picture(ground + motifs[motif](coloursOf(hue)));
}

/** The same product, near and turned, on a striped ground. */
export function drawDetail(slug: string, motif: Motif): Picture {
  const hue = hueOf(slug);
  const stripes = [0, 100, 200, 300].map((x) => shape(`M${x} 0H${x + 50}V400H${x}Z`, hsl(hue + 30, 45, 88))).join('');
  const ground = shape('M0 0H400V400H0Z', hsl(hue + 30, 45, 91)) + stripes;
  const near = 'translate(200 200) rotate(-9) scale(1.55) translate(-200 -200)';
  return picture(`${ground}<g transform="${near}">${motifs[motif](coloursOf(hue))}</g>`);
}

function picture(content: string): Picture {
  const size = `width="${PICTURE_SIZE}" height="${PICTURE_SIZE}"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 400 400">${content}</svg>`;
  return { svg, width: PICTURE_SIZE, height: PICTURE_SIZE };
}

function coloursOf(hue: number): Colours {
  return { main: hsl(hue, 48, 52), dark: hsl(hue, 44, 34), light: hsl(hue + 18, 62, 80) };
}

/** A hue from the words of a slug (FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/), the same at every run. */
function hueOf(slug: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(slug)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % 360;
}

function hsl(hue: number, saturation: number, lightness: number): string {
  return `hsl(${hue % 360} ${saturation}% ${lightness}%)`;
}

function shape(path: string, fill: string): string {
  return `<path d="${path}" fill="${fill}"/>`;
}

function line(path: string, stroke: string, width = 6): string {
  return `<path d="${path}" fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linecap="round"/>`;
}

function circle(x: number, y: number, radius: number, fill: string): string {
  return `<circle cx="${x}" cy="${y}" r="${radius}" fill="${fill}"/>`;
}

function ellipse(x: number, y: number, rx: number, ry: number, fill: string): string {
  return `<ellipse cx="${x}" cy="${y}" rx="${rx}" ry="${ry}" fill="${fill}"/>`;
}
