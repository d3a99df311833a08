// Passwords that are guessed first: the best-known words, names and walks over a keyboard, in lower case and without the digits
// and signs around them. What looks like one of them is refused (NIST SP 800-63B, section 3.1.1.2).

const WORDS = `
password passwort passwd passcode passphrase passw pass mypassword thepassword newpassword oldpassword yourpassword
letmein letmeinnow openup opensesame sesame welcome welcomeback welcometo hello helloworld goodbye secret secrets topsecret
mysecret changeme changeit changethis changenow default guest visitor temp temporary test testing tester testtest testpass demo
example sample admin administrator adminadmin root rootroot toor superuser superman supervisor sysadmin system manager master
masterkey user username login logmein signin access accessgranted account customer client server service support backup
qwerty qwertz qwertyui qwertyuiop qwertzuiop qwertyqwerty qwer qwerasdf qweasd qweasdzxc qweqwe qwewq qazwsx qazwsxedc qazqaz
wsxedc azerty azertyuiop asdf asdfg asdfgh asdfghj asdfghjkl asdfasdf asdasd asdqwe asdzxc zxcv zxcvb zxcvbn zxcvbnm zxczxc
zaqwsx zaqxsw poiuy poiuyt poiuytrewq lkjhgf lkjhgfdsa mnbvcxz trewq qwert wasd wasdwasd yuiop hjkl ghjkl dvorak
abc abcd abcde abcdef abcdefg abcdefgh abcdefghi abcdefghij abcabc abcdabcd alphabet xyz xyzxyz aaa
iloveyou iloveu ilove iloveme iloveyouu iluvyou loveyou loveme lovely love lovelove lover loveit loveyouforever truelove
sweetheart sweetie sweety darling honey honeybee babe baby babygirl babyboy angel angels angelina princess princesa queen
prince king kingkong cutie cutiepie beautiful gorgeous sunshine sunflower sunset summer winter autumn spring flower flowers
butterfly rainbow unicorn buttercup blossom cherry strawberry banana orange peaches apple apples pineapple coconut
chocolate cookie cookies cupcake candy sugar cheese cheesecake pepper ginger bacon pizza burger chicken peanut pancake noodle
monkey monkeys dragon dragons tiger tigers tigger lion lions eagle eagles falcon falcons hawk wolf wolves wolverine bear bears
panther panthers shark sharks dolphin dolphins horse horses pony puppy kitten kitty kittycat hellokitty doggy dogs cats
snoopy garfield scooby scoobydoo mickey mickeymouse minnie donald pluto bambi simba nemo shrek pikachu pokemon digimon naruto
sasuke goku dragonball batman spiderman ironman hulk superstar starwars startrek yoda skywalker lukeskywalker vader darthvader
gandalf frodo hobbit hogwarts harrypotter potter matrix neo trinity morpheus terminator rambo rocky bond jamesbond
football footballer soccer baseball basketball hockey softball tennis golf golfer golfing volleyball swimming cricket rugby
liverpool chelsea arsenal manchester barcelona realmadrid juventus milan intermilan everton celtic rangers yankees redsox
lakers bulls cowboys steelers packers raiders broncos giants dodgers cubs patriots dallas chicago boston london paris berlin
newyork america canada england germany france brasil brazil italia italy spain mexico australia india russia poland
michael michelle michaeljackson jordan jordanjordan jennifer jessica joshua jonathan jason james john johnny joseph david daniel
danielle andrew andrea anthony ashley amanda alexander alexandra alexis alex adrian abigail barbara benjamin brandon brian
brittany charles charlie charlotte chris christian christina christopher claudia crystal diana dennis dominic edward elizabeth
emily eric ethan george hannah heather isabella jack jackson jacob jasmine julia justin justinbieber karen katherine kevin kimberly
laura lauren linda lisa louise madison maggie margaret maria marina martin mary matthew melissa morgan natalie nathan nicholas
nicole oliver olivia patricia patrick peter rachel rebecca richard robert roberto ronaldo messi beckham samantha samuel sandra
sarah scott sebastian sophia sophie stephanie stephen steven susan taylor teresa thomas tiffany tyler vanessa veronica victoria
vincent virginia william zachary whatever whoami nothing nobody something anything someone everyone forever together friends
friend friendship bestfriend bestfriends family mother father mommy daddy sister brother jesus jesuschrist jesusislord god godbless
heaven hell satan lucifer blessed faith faithful freedom liberty peace peaceful hope happy happiness smile smiley lucky
luckyme shadow shadows ninja ninjas samurai warrior warriors soldier army navy marine marines hunter hunting killer killers
sniper assassin ranger ghost phantom phoenix thunder lightning storm blizzard fire firefly firebird flame fireman water ocean
river mountain forest earth moon moonlight star stars starlight galaxy universe saturn jupiter mercury venus apollo zeus hercules
computer internet google facebook youtube twitter instagram yahoo hotmail gmail microsoft windows linux ubuntu apple macbook
iphone samsung nokia sony playstation xbox nintendo mario supermario zelda minecraft fortnite roblox counterstrike counter
warcraft starcraft diablo halflife doom quake gamer gaming player playboy hacker hackers hack cracker trustno trustnoone
ferrari porsche mercedes corvette mustang camaro chevy chevrolet honda toyota yamaha suzuki kawasaki harley harleydavidson
ducati subaru nissan bmw audi jaguar lamborghini maserati guitar music musica metallica nirvana slipknot eminem beatles
ironmaiden blink rockstar rocknroll rock punk jazz dance dancer dancing cocacola pepsi redbull budweiser heineken whiskey vodka
money moneymoney cash dollar dollars million billionaire rich bitch fuck fuckyou fuckoff fuckme fucker motherfucker asshole
shit bullshit bastard dick pussy sexy sexybitch hottie hotstuff badboy badgirl bigboy goodboy goodgirl bigdaddy biteme
blahblah blabla yellow purple green orange silver golden gold black blackie white redred blue blueblue diamond diamonds
crystal emerald ruby pearl jewel platinum titanium killme dontknow idontknow donttell noaccess nopassword nopass noidea
1q2w3e4r 1q2w3e4r5t 1q2w3e 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 zaq12wsx zaq1xsw2 q1w2e3r4 q1w2e3r4t5 qwe123 qwer1234 asd123 a1b2c3d4
shop shopping store order orders checkout cart perdure perdureshop
`;

/** The words, in lower case. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/));
